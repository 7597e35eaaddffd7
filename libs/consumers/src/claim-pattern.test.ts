import { describe, expect, it } from 'vitest';
import { fc } from '#test/property.js';
import { ClaimPattern, hasLiteralStart, isClaimPattern } from './claim-pattern.js';

describe('a pattern of a claim', () => {
  it.each([
    ['acme/app', 'acme/app', true],
    ['acme/app', 'acme/app2', false],
    ['acme/*', 'acme/app', true],
    ['acme/*', 'acme/', false],
    ['acme/*', 'acme/app/more', false],
    ['acme/*', 'other/acme/app', false],
    ['acme/*', 'acme/app\n', false],
    ['acme/*', 'acme/a:b', false],
    ['*/app', 'acme/app', true],
    ['acme/*-prod', 'acme/orders-prod', true],
    ['acme/*-prod', 'acme/-prod', false],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main', true],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:pull_request:ref:refs/heads/main', false],
    ['acme.example/*', 'acmeXexample/app', false],
    ['*', 'anything at all', true],
    ['*', 'a/b', false],
    ['Acme/app', 'acme/app', false],
  ])('%s beside %j: %s', (pattern, value, expected) => {
    expect(new ClaimPattern(pattern).matches(value)).toBe(expected);
  });

  const piece = fc.string({ unit: fc.constantFrom('a', 'B', '.', '-', '(', '$', '^', '|', '\\', 'é', '\n') });
  const segment = fc.oneof(
    piece,
    fc.tuple(piece, piece).map(([front, back]) => `${front}*${back}`),
  );
  const separator = fc.constantFrom('/', ':');
  const joined = (segments: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.array(fc.tuple(segments, separator), { maxLength: 4 }), segments)
      .map(([front, last]) => front.map((pair) => pair.join('')).join('') + last);
  const separatorsOf = (text: string) => text.replaceAll(/[^/:]/g, '');

  it('never matches across a separator', () => {
    const value = fc.string({ unit: fc.constantFrom('a', 'B', '.', '/', ':', '*', '\n') });
    fc.assert(
      fc.property(joined(segment), fc.oneof(value, joined(piece)), (pattern, text) => {
        if (!new ClaimPattern(pattern).matches(text)) return;
        expect(separatorsOf(text)).toBe(separatorsOf(pattern));
      }),
      { numRuns: 2_000 },
    );
  });

  it('matches what its stars are replaced by, and not when a separator is among it', () => {
    const filling = fc.string({ unit: fc.constantFrom('a', '.', '*', '-'), minLength: 1 });
    fc.assert(
      fc.property(joined(segment), filling, separator, (text, fill, cut) => {
        fc.pre(text.includes('*'));
        const pattern = new ClaimPattern(text);
        expect(pattern.matches(text.replaceAll('*', () => fill))).toBe(true);
        expect(pattern.matches(text.replace('*', () => `${fill}${cut}${fill}`))).toBe(false);
        expect(pattern.matches(text.replaceAll('*', ''))).toBe(false);
      }),
    );
  });

  it('has at most one star in a segment', () => {
    expect(['a/*', '*', '*/*', 'a*b:c*d'].map(isClaimPattern)).toEqual([true, true, true, true]);
    expect(['', 'a/**', '*a*', 'x:*-*'].map(isClaimPattern)).toEqual([false, false, false, false]);
  });

  it('has a literal start when no star stands in its first segments', () => {
    expect([hasLiteralStart('acme/*', 1), hasLiteralStart('repo:acme/*', 2)]).toEqual([true, true]);
    expect([hasLiteralStart('*/app', 1), hasLiteralStart('repo:*/app', 2)]).toEqual([false, false]);
  });
});
