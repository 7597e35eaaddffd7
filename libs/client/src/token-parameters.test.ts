import { fc } from '../../../test/support/property.js';
import { describe, expect, it } from 'vitest';
import { NormalizedParameters, rawKey, type TokenParameters } from './token-parameters.js';

const words = fc.constantFrom('a', 'b', '1:a', ':', 'a:b', '-', '"', ',', '[');
const texts = fc.array(words, { maxLength: 3 });
const parameters = fc.record(
  {
    scopes: texts.chain((list) => fc.constantFrom<string | string[]>(list, list.join(' '))),
    client: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
    resource: fc.option(texts, { nil: undefined }),
    authorizationDetails: fc.option(fc.array(fc.record({ type: words, actions: texts }), { maxLength: 2 }), {
      nil: undefined,
    }),
    minTtl: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  },
  { requiredKeys: [] },
);

/** The key of the parameters, or that they have none. */
function keyOf(any: TokenParameters): string {
  try {
    return new NormalizedParameters(any).key;
  } catch {
    return 'none';
  }
}

describe('token parameters', () => {
  it('have one key for all orders of its scopes and resources', () => {
    const one = { scopes: 'b a b', resource: ['https://b.example', 'https://a.example'] };
    const other = {
      scopes: ['a', 'b'],
      resource: ['https://a.example', 'https://b.example', 'https://b.example'],
    };
    expect(keyOf(one)).toBe(keyOf(other));
  });

  it('have one key for all orders of authorization details and of their members', () => {
    const [payment, account] = [
      { type: 'payment', limits: { amount: 1, currency: 'EUR' } },
      { type: 'account' },
    ];
    const one = new NormalizedParameters({ authorizationDetails: [payment, account] });
    const again = { limits: { currency: 'EUR', amount: 1 }, type: 'payment' };
    const other = new NormalizedParameters({ authorizationDetails: [account, again, account] });
    expect(one.key).toBe(other.key);
    expect(one.key).not.toBe(new NormalizedParameters({ authorizationDetails: account }).key);
    const details = '[{"limits":{"amount":1,"currency":"EUR"},"type":"payment"},{"type":"account"}]';
    expect(new URLSearchParams(one.query).get('authorization_details')).toBe(details);
    expect(JSON.parse(one.rejection('0'))).toMatchObject({ authorization_details: details });
  });

  it('have no raw key that others have', () => {
    fc.assert(
      fc.property(
        parameters,
        parameters,
        (one, other) => rawKey(one) !== rawKey(other) || keyOf(one) === keyOf(other),
      ),
      { numRuns: 2_000 },
    );
    expect(rawKey({ scopes: 'b', client: 'a' })).not.toBe(rawKey({ scopes: 'ab', client: '' }));
    expect(rawKey({ scopes: '1:ab' })).not.toBe(rawKey({ scopes: 'b', client: 'a' }));
  });

  it('have a key that determines the request to the broker', () => {
    fc.assert(
      fc.property(parameters, parameters, (one, other) => {
        const key = keyOf(one);
        if (key === 'none' || key !== keyOf(other)) return;
        expect(new NormalizedParameters(one).query).toBe(new NormalizedParameters(other).query);
      }),
      { numRuns: 2_000 },
    );
  });
});
