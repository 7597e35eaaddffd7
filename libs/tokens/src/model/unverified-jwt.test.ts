import { describe, expect, it } from 'vitest';
import { Secret } from './secret.js';
import { jwtExpiry, jwtKeyId } from './unverified-jwt.js';

function encoded(...parts: unknown[]): Secret {
  const texts = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part)));
  return new Secret(texts.map((text) => Buffer.from(text).toString('base64url')).join('.'));
}

describe('a JWT that is not verified', () => {
  it('says when it expires and which key has signed it', () => {
    const token = encoded({ alg: 'ES256', kid: 'key 1' }, { exp: 1_000 }, 'signature');
    expect(jwtExpiry(token)).toBe(1_000_000);
    expect(jwtKeyId(token)).toBe('key 1');
  });

  it.each([
    ['an opaque token', new Secret('not-a-real-token')],
    ['an opaque token with two dots', new Secret('not.a-real.token')],
    [
      'an encrypted JWT, whose key is that of the API',
      encoded({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'a' }, 'k', 'i', 'c', 't'),
    ],
    ['a JWT without kid', encoded({ alg: 'ES256' }, {}, 's')],
    ['a JWT whose kid is no text', encoded({ alg: 'ES256', kid: 1 }, {}, 's')],
    ['a JWT with an empty kid', encoded({ alg: 'ES256', kid: '' }, {}, 's')],
    ['a JWT by a shared secret', encoded({ alg: 'HS256', kid: 'a' }, {}, 's')],
    ['a JWT without signature', encoded({ alg: 'none', kid: 'a' }, {}, '')],
    ['a JWT whose header is a list', encoded([], {}, 's')],
  ])('has no key that could be published when it is %s', (_title, token) => {
    expect(jwtKeyId(token)).toBeUndefined();
  });
});
