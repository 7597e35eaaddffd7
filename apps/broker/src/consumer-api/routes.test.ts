import { describe, expect, it } from 'vitest';
import { HttpFailure } from '../core/failure-response.js';
import { matchRoute } from './routes.js';

function found(method: string, target: string) {
  const match = matchRoute(method, target);
  if (match instanceof HttpFailure) return match.status;
  return [match.route.path, ...match.segments];
}

function grantKey(method: string, target: string): string | undefined {
  const match = matchRoute(method, target);
  return match instanceof HttpFailure ? undefined : match.grantKey;
}

describe('the route of a request', () => {
  it.each([
    ['GET', '/token', ['/token']],
    ['GET', '/token?scopes=/token/rejected', ['/token']],
    ['GET', '/%74oken', ['/token']],
    ['GET', 'http://broker.example:8080/token?x=1', ['/token']],
    ['POST', '/token/rejected', ['/token/rejected']],
    ['POST', '/oauth2/token', ['/oauth2/token']],
    ['POST', '/oauth2/rabot/token', ['/oauth2/:client/token', 'rabot']],
    ['REPORT', '/forward-auth?scopes=a', ['/forward-auth']],
    ['GET', '/forward-auth/rabot/a%20b/', ['/forward-auth/:client/:scopes/*', 'rabot', 'a%20b']],
    ['QUERY', '/forward-auth/rabot/a/%zz/%FC?%', ['/forward-auth/:client/:scopes/*', 'rabot', 'a']],
  ])('%s %s is %j', (method, target, route) => {
    expect(found(method, target)).toEqual(route);
  });

  it.each([
    ['HEAD', '/token', 405],
    ['POST', 'http://broker.example/token?scopes=a', 405],
    ['GET', '/oauth2/rabot/token', 405],
    ['GET', '/token/', 404],
    ['GET', '//token', 404],
    ['GET', '/Token', 404],
    ['GET', '/token/../token', 404],
    ['POST', '/oauth2/rabot/x/token', 404],
    ['POST', '/oauth2//token', 404],
    ['POST', '/oauth2/rabot#x/token', 404],
    ['POST', '/oauth2/rabot/token/', 404],
    ['GET', '/forward-auth//a/x', 404],
    ['GET', '/forward-auth/rabot/a', 404],
    ['GET', '/forward-auth/rabot/a?/', 404],
    ['OPTIONS', '*', 404],
    ['GET', '', 404],
    ['GET', 'http://broker.example', 404],
    ['GET', '/__proto__', 404],
    ['GET', '/%zz', 400],
    ['GET', '/%ff', 400],
  ])('%s %s has none: %i', (method, target, status) => {
    expect(found(method, target)).toBe(status);
  });

  it('names the right method for a path', () => {
    const match = matchRoute('PUT', '/token/rejected');
    expect((match as HttpFailure).headers).toEqual({ allow: 'POST' });
  });
});

describe('the grant key of a request', () => {
  it('is its URL where that holds all parameters', () => {
    for (const url of ['/token?scopes=a', '/forward-auth?scopes=a', 'http://broker.example/token']) {
      expect(grantKey('GET', url)).toBe(url);
    }
  });

  it('is what stands before the original path that a proxy appends', () => {
    const keys = ['/x', '/y?z=1', '/%zz'].map((path) => grantKey('PUT', `/forward-auth/rabot/a%20b${path}`));
    expect(new Set(keys)).toEqual(new Set(['/forward-auth/rabot/a%20b/']));
  });

  it('is absent where the body holds parameters', () => {
    for (const url of ['/token/rejected', '/oauth2/token', '/oauth2/rabot/token']) {
      expect(grantKey('POST', url)).toBeUndefined();
    }
  });
});
