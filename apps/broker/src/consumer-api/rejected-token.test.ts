import { createHash } from 'node:crypto';
import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { Failure } from '#tokens/model/failures.js';
import { parseRejectedToken } from './rejected-token.js';

const hash = createHash('sha256').update('not-a-real-token');
const digest = hash.digest();
const hex = digest.toString('hex');

function parse(fields: unknown, contentType = 'application/json') {
  return parseRejectedToken(contentType, Buffer.from(JSON.stringify(fields)));
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  return 'none';
}

describe('the report of a rejected token', () => {
  it('takes the hash in hex and in base64url, and gives it in lower-case hex', () => {
    const base64url = digest.toString('base64url');
    for (const sha256 of [hex, hex.toUpperCase(), base64url, `${base64url}=`]) {
      expect(parse({ access_token_sha256: sha256 }).rejected).toBe(hex);
    }
  });

  it('holds the parameters of a token request, as strings, numbers or lists', () => {
    const { scopes, ...rest } = parse({
      access_token_sha256: hex,
      client: 'rabot',
      scopes: ['b', 'a c'],
      resource: 'https://x.example/',
      min_ttl: 60,
    });
    expect(String(scopes)).toBe('a b c');
    expect(rest).toEqual({
      rejected: hex,
      client: 'rabot',
      resources: ['https://x.example/'],
      minTtl: 60_000,
    });
  });

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json ;charset="utf-8"',
  ])('may come as %s', (contentType) => {
    expect(parse({ access_token_sha256: hex }, contentType).rejected).toBe(hex);
  });

  it.each([undefined, '', 'text/plain', 'application/jsonp', 'text/json', 'x application/json'])(
    'may not come as %s',
    (contentType) => {
      const body = Buffer.from(JSON.stringify({ access_token_sha256: hex }));
      expect(codeOf(() => parseRejectedToken(contentType, body))).toBe('invalid_request');
    },
  );

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['no JSON', Buffer.from('{')],
    ['bad UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a string', Buffer.from('"x"')],
    ['a list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
  ])('cannot be %s', (_, body) => {
    expect(codeOf(() => parseRejectedToken('application/json', body))).toBe('invalid_request');
  });

  it.each([
    ['no hash', {}],
    ['a list of hashes', { access_token_sha256: [hex] }],
    ['a short hash', { access_token_sha256: hex.slice(1) }],
    ['a long hash', { access_token_sha256: `${hex}0` }],
    ['an unknown field', { access_token_sha256: hex, scops: 'a' }],
    ['a boolean', { access_token_sha256: hex, client: true }],
    ['an object', { access_token_sha256: hex, scopes: { a: 1 } }],
    ['null', { access_token_sha256: hex, scopes: null }],
    ['a list in a list', { access_token_sha256: hex, scopes: [['a']] }],
    ['two clients', { access_token_sha256: hex, client: ['a', 'b'] }],
    ['an empty list of clients', { access_token_sha256: hex, client: [] }],
    ['a part of a second', { access_token_sha256: hex, min_ttl: 0.5 }],
    ['a life below zero', { access_token_sha256: hex, min_ttl: -1 }],
  ])('cannot have %s', (_, fields) => {
    expect(codeOf(() => parse(fields))).toBe('invalid_request');
  });

  it('takes no empty list of scopes for an omitted one', () => {
    for (const scopes of [[], [''], '']) {
      expect(codeOf(() => parse({ access_token_sha256: hex, scopes }))).toBe('invalid_scope');
    }
  });

  it('sees an own `__proto__` for the unknown field that it is', () => {
    const body = Buffer.from(`{"access_token_sha256":"${hex}","__proto__":{"client":"rabot"}}`);
    expect(codeOf(() => parseRejectedToken('application/json', body))).toBe('invalid_request');
  });

  it('of whatever kind gives values or a failure of the contract', () => {
    const names = fc.constantFrom(
      'access_token_sha256',
      'client',
      'scopes',
      'resource',
      'min_ttl',
      '__proto__',
    );
    const fields = fc.dictionary(names, fc.oneof(fc.constant(hex), fc.jsonValue()));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fields), (json) => {
        expect(['none', 'invalid_request', 'invalid_scope']).toContain(codeOf(() => parse(json)));
      }),
    );
  });
});
