import { describe, expect, it } from 'vitest';
import { FailuresSeen } from './assets/failures-seen.js';
import { timeline } from './assets/timeline.js';

const issued = Date.UTC(2026, 10, 23, 12);
const at = (seconds: number) => new Date(issued + seconds * 1000).toISOString();
const token = { issuedAt: at(0), renewAt: at(80), expiresAt: at(100) };

describe('the bar of a token', () => {
  it('has now, the renewal and failures where they are in its life', () => {
    expect(timeline(token, issued + 25_000, [at(10), at(20)])).toEqual({
      now: 25,
      renewal: 80,
      failures: [10, 20],
    });
  });

  it('ends where the token does, and shows no failure from before it', () => {
    expect(timeline(token, issued + 900_000, [at(-5)])).toMatchObject({ now: 100, failures: [] });
    expect(timeline(token, issued - 900_000, [])).toMatchObject({ now: 0 });
  });

  it('is not drawn without both ends, nor when they are one', () => {
    expect(timeline({ issuedAt: at(0) }, issued, [])).toBeUndefined();
    expect(timeline({ issuedAt: at(0), expiresAt: at(0) }, issued, [])).toBeUndefined();
  });
});

describe('the failures seen', () => {
  it('are all those since the token was issued, though each report has one', () => {
    const seen = new FailuresSeen();
    const failed = (seconds: number) => ({ id: 'a', ...token, lastFailure: { at: at(seconds) } });
    seen.of(failed(81));
    expect(seen.of(failed(83))).toEqual([at(81), at(83)]);
    expect(seen.of(failed(83))).toEqual([at(81), at(83)]);
    expect(seen.of({ id: 'a', issuedAt: at(90), lastFailure: undefined })).toEqual([]);
  });

  it('are forgotten with their token', () => {
    const seen = new FailuresSeen();
    seen.of({ id: 'a', ...token, lastFailure: { at: at(81) } });
    seen.keep([]);
    expect(seen.of({ id: 'a', ...token, lastFailure: undefined })).toEqual([]);
  });
});
