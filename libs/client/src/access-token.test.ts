import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { clientScene } from '../../../test/support/client-scene.js';
import { AccessToken } from './access-token.js';

const token = new AccessToken({
  accessToken: 'not-a-real-token',
  scope: 'api:partner',
  expiresAt: 61_999,
  now: () => 1_000,
});

describe('an access token', () => {
  it('reveals its value by name only', () => {
    const { accessToken, authorization, expiresIn, scope } = token;
    expect({ accessToken, authorization, expiresIn, scope }).toEqual({
      accessToken: 'not-a-real-token',
      authorization: 'Bearer not-a-real-token',
      expiresIn: 60,
      scope: 'api:partner',
    });
  });

  it('has a hash that is safe to log', () => {
    // printf not-a-real-token | sha256sum
    expect(token.sha256).toBe('c4afaac67e1e5c2a2d578d8eee65b5abad08ae7dea98d619fd966250ea700609');
  });

  it.each([
    ['a template string', `${token}`],
    ['String', String(token)],
    ['JSON', JSON.stringify({ token })],
    ['inspect', inspect(token, { showHidden: true, depth: 9 })],
    ['a log line', format('%s %o %j', token, token, token)],
    ['a copy of its properties', inspect({ ...token }, { showHidden: true })],
    ['a concatenation', 'token: ' + (token as unknown as string)],
  ])('is not given away by %s', (_way, printed) => {
    expect(printed).not.toContain('not-a-real');
  });

  it('is not revealed by the client that caches it', async () => {
    const { broker } = await clientScene();
    await broker.token({ scopes: 'api:partner' });
    const printed = inspect(broker, { showHidden: true, depth: 20 }) + JSON.stringify(broker);
    expect(printed).not.toContain('not-a-real');
  });
});
