import { describe, expect, it } from 'vitest';
import { timeline } from './assets/timeline.js';

const issued = Date.UTC(2026, 10, 23, 12);
const at = (seconds: number) => new Date(issued + seconds * 1000).toISOString();
const token = { issuedAt: at(0), renewAt: at(80), expiresAt: at(100) };

describe('the bar of a token', () => {
  it('has now, the renewal and the last failure where they are in its life', () => {
    expect(timeline({ ...token, lastFailure: { at: at(20) } }, issued + 25_000)).toEqual({
      now: 25,
      renewal: 80,
      failure: 20,
    });
  });

  it('ends where the token does, and shows no failure from before it', () => {
    const failed = { ...token, lastFailure: { at: at(-5) } };
    expect(timeline(failed, issued + 900_000)).toMatchObject({ now: 100, failure: undefined });
    expect(timeline(token, issued - 900_000)).toMatchObject({ now: 0 });
  });

  it('is not drawn without both ends, nor when they are one', () => {
    expect(timeline({ issuedAt: at(0) }, issued)).toBeUndefined();
    expect(timeline({ issuedAt: at(0), expiresAt: at(0) }, issued)).toBeUndefined();
  });
});
