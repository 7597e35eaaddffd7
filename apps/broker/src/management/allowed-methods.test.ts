import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { AllowedMethods } from './allowed-methods.js';

function allowedMethods(): AllowedMethods {
  const server = fastify({ exposeHeadRoutes: false });
  const methods = new AllowedMethods(server);
  server.get('/token', () => '');
  server.route({ method: ['POST', 'PUT'], url: '/token/rejected', handler: () => '' });
  server.post('/oauth2/:client/token', () => '');
  return methods;
}

describe('the methods of a path', () => {
  it.each([
    ['/token', ['GET']],
    ['/token?scopes=/token/rejected', ['GET']],
    ['http://broker.example:8080/token?x=1', ['GET']],
    ['/token/rejected', ['POST', 'PUT']],
    ['/oauth2/rabot/token', ['POST']],
    ['/oauth2/rabot/x/token', []],
    ['/token/', []],
    ['/', []],
    ['*', []],
    ['', []],
    ['/__proto__', []],
    ['http://broker.example', []],
  ])('%s are %j', (target, methods) => {
    expect(allowedMethods().at(target)).toEqual(methods);
  });
});
