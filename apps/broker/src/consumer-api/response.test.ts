import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { Token } from '#tokens/model/token.js';
import { someToken } from '#test/some-token.js';
import { renderTokenJson } from './response.js';

function answered(token: Token, now: number): Record<string, unknown> {
  return JSON.parse(renderTokenJson(token, now)) as Record<string, unknown>;
}

describe('the JSON of a token', () => {
  it('says how long the token still lives, and when the next one will be there', () => {
    expect(answered(someToken(0), 10_000)).toEqual({
      access_token: 'not-a-real-token',
      token_type: 'Bearer',
      expires_in: 3_590,
      scope: 'api:partner',
      refresh_in: 2_875,
    });
  });

  it('says the scopes that were granted', () => {
    const token = someToken(0, { scopes: ScopeSet.parse('b a') });
    expect(answered(token, 0)['scope']).toBe('a b');
  });

  it('counts anew for each answer with the same token', () => {
    const token = someToken(0);
    const lives = [0, 10_000].map((now) => answered(token, now)['expires_in']);
    expect(lives).toEqual([3_600, 3_590]);
  });

  it('has the consumer ask again soon when the renewal is late', () => {
    expect(answered(someToken(0), 3_000_000)).toMatchObject({ expires_in: 600, refresh_in: 30 });
    expect(answered(someToken(0), 3_590_000)).toMatchObject({ expires_in: 10, refresh_in: 5 });
  });

  it('never promises more life than there is, in whole seconds', () => {
    expect(answered(someToken(0), 1)).toMatchObject({ expires_in: 3_599 });
    expect(answered(someToken(0), 3_599_001)).toMatchObject({ expires_in: 0, refresh_in: 0 });
    expect(answered(someToken(0), 4_000_000)).toMatchObject({ expires_in: 0, refresh_in: 0 });
  });

  it('is of ASCII, whatever a token may be made of', () => {
    const visible = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
      minLength: 1,
    });
    fc.assert(
      fc.property(visible, (value) => {
        const token = someToken(0, { accessToken: new Secret(value) });
        expect(answered(token, 0)['access_token']).toBe(value);
        expect(renderTokenJson(token, 0)).toMatch(/^[\x20-\x7e]+$/);
      }),
    );
  });

  it('has its time to ask again inside the life left, whatever the token', () => {
    const instant = fc.double({ min: 0, max: 90_000_000, noNaN: true });
    fc.assert(
      fc.property(instant, instant, instant, (renewAt, expiresAt, now) => {
        const answer = answered(someToken(0, { renewAt, expiresAt }), now);
        const [expiresIn, refreshIn] = [Number(answer['expires_in']), Number(answer['refresh_in'])];
        expect(expiresIn).toBe(Math.max(0, Math.floor((expiresAt - now) / 1000)));
        expect(Number.isInteger(refreshIn)).toBe(true);
        expect(refreshIn).toBeGreaterThanOrEqual(0);
        expect(refreshIn).toBeLessThanOrEqual(Math.max(0, expiresIn - 1));
      }),
    );
  });
});
