import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { Failure } from '#tokens/model/failures.js';
import { parseQuery, tokenParameters } from './parameters.js';

function parse(query: string) {
  return tokenParameters(parseQuery(query));
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

describe('the query of a token request', () => {
  it('gives values, in the units of the inside', () => {
    const query = 'client=rabot&scopes=b+a&resource=https://x.example/1&resource=urn:x:2&min_ttl=90';
    const { scopes, ...rest } = parse(query);
    expect(String(scopes)).toBe('a b');
    expect(rest).toEqual({
      client: 'rabot',
      resources: ['https://x.example/1', 'urn:x:2'],
      minTtl: 90_000,
    });
  });

  it('has a hundred parameters at the most', () => {
    expect(parseQuery('resource=x&'.repeat(100)).get('resource')).toHaveLength(100);
    expect(() => parseQuery('resource=x&'.repeat(101))).toThrow('more than 100 parameters');
  });

  it('may be empty', () => {
    for (const query of ['', '&', '&&']) {
      expect(parse(query)).toEqual({
        client: undefined,
        scopes: undefined,
        resources: [],
        minTtl: undefined,
      });
    }
  });

  it('joins `scopes` and `scope`, each of which may repeat', () => {
    for (const query of [
      'scopes=a+b',
      'scope=b+a',
      'scopes=b&scopes=a',
      'scope=a&scopes=b&scope=a',
      'scopes=%20b%20&scopes=+a',
    ]) {
      expect([query, String(parse(query).scopes)]).toEqual([query, 'a b']);
    }
  });

  it('distinguishes a + from an encoded one', () => {
    expect(String(parse('scopes=a%2Bb').scopes)).toBe('a+b');
    expect(String(parse('scopes=a+b').scopes)).toBe('a b');
  });

  it('takes no empty scope set for an omitted one: an unset variable in a URL must not widen the request', () => {
    for (const query of ['scopes=', 'scopes', 'scope=+', 'scopes=&scope=']) {
      expect([query, codeOf(() => parse(query))]).toEqual([query, 'invalid_scope']);
    }
  });

  it.each([
    ['client=a&client=a', 'invalid_request'],
    ['min_ttl=1&min_ttl=1', 'invalid_request'],
    ['client=', 'invalid_request'],
    ['client=-a', 'invalid_request'],
    ['client=__proto__', 'invalid_request'],
    [`client=${'a'.repeat(64)}`, 'invalid_request'],
    ['min_ttl=', 'invalid_request'],
    ['min_ttl=+1', 'invalid_request'],
    ['min_ttl=0x10', 'invalid_request'],
    ['min_ttl=1000000', 'invalid_request'],
    ['min_ttl=%EF%BC%91', 'invalid_request'],
    ['resource=', 'invalid_request'],
    ['resource=/orders', 'invalid_request'],
    ['resource=https://x.example/%23', 'invalid_request'],
    ['resource=https://x.example/%20', 'invalid_request'],
    [`resource=https://x.example/${'a'.repeat(2_048)}`, 'invalid_request'],
    ['Scopes=a', 'invalid_request'],
    ['scopes%20=a', 'invalid_request'],
    ['=a', 'invalid_request'],
    ['__proto__=a', 'invalid_request'],
    ['access_token_sha256=a', 'invalid_request'],
    ['scopes=%', 'invalid_request'],
    ['scopes=%f', 'invalid_request'],
    ['scopes=%ff', 'invalid_request'],
    ['%zz=a', 'invalid_request'],
    ['scopes="', 'invalid_scope'],
    ['scopes=a%5Cb', 'invalid_scope'],
    ['scopes=a%09b', 'invalid_scope'],
    ['scopes=%C2%A0', 'invalid_scope'],
  ])('is refused when it is %s', (query, code) => {
    expect(codeOf(() => parse(query))).toBe(code);
  });

  it('of whatever kind gives values or a failure of the contract', () => {
    const pair = fc.tuple(fc.constantFrom('client', 'scopes', 'scope', 'resource', 'min_ttl'), fc.string());
    const query = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pair).map((pairs) => new URLSearchParams(pairs).toString()),
    );
    fc.assert(
      fc.property(query, (text) => {
        expect(['none', 'invalid_request', 'invalid_scope']).toContain(codeOf(() => parse(text)));
      }),
    );
  });

  it('never shows in the failure what it was', () => {
    for (const name of ['client', 'min_ttl', 'resource', 'scopes', 'unknown']) {
      const query = `${name}=not-a-real"secret%20&${name}=not-a-real"secret`;
      expect(() => parse(query)).toThrow(expect.not.stringContaining('secret') as Error);
    }
  });
});
