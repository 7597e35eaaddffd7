import { fc } from '../../../test/support/property.js';
import { describe, expect, it } from 'vitest';
import { CheckedAsk, spelling, type TokenAsk } from './token-ask.js';

const words = fc.constantFrom('a', 'b', '1:a', ':', 'a:b', '-', '"', ',', '[');
const texts = fc.array(words, { maxLength: 3 });
const asks = fc.record(
  {
    scopes: texts.chain((list) => fc.constantFrom<string | string[]>(list, list.join(' '))),
    client: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
    resource: fc.option(texts, { nil: undefined }),
    minTtl: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  },
  { requiredKeys: [] },
);

/** The key of an ask, or that it has none. */
function keyOf(ask: TokenAsk): string {
  try {
    return new CheckedAsk(ask).key;
  } catch {
    return 'none';
  }
}

describe('an ask', () => {
  it('has one key for all orders of its scopes and resources', () => {
    const one = { scopes: 'b a b', resource: ['https://b.example', 'https://a.example'] };
    const other = {
      scopes: ['a', 'b'],
      resource: ['https://a.example', 'https://b.example', 'https://b.example'],
    };
    expect(keyOf(one)).toBe(keyOf(other));
  });

  it('has no spelling that another ask has', () => {
    fc.assert(
      fc.property(
        asks,
        asks,
        (one, other) => spelling(one) !== spelling(other) || keyOf(one) === keyOf(other),
      ),
      { numRuns: 2_000 },
    );
    expect(spelling({ scopes: 'b', client: 'a' })).not.toBe(spelling({ scopes: 'ab', client: '' }));
    expect(spelling({ scopes: '1:ab' })).not.toBe(spelling({ scopes: 'b', client: 'a' }));
  });

  it('has a key that names what the broker is asked', () => {
    fc.assert(
      fc.property(asks, asks, (one, other) => {
        const key = keyOf(one);
        if (key === 'none' || key !== keyOf(other)) return;
        expect(new CheckedAsk(one).query).toBe(new CheckedAsk(other).query);
      }),
      { numRuns: 2_000 },
    );
  });
});
