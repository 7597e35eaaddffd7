import { describe, expect, it } from 'vitest';
import { Misbehaviours, sortedScopes } from './misbehaviour.js';

const rabot = { client: 'rabot', scopeSet: 'a b' };
const other = { client: 'other', scopeSet: 'a' };

describe('Misbehaviours', () => {
  it('stand for all requests, later over earlier, until they are cleared', () => {
    const misbehaviours = new Misbehaviours(Date.now);
    misbehaviours.add({ delay: 5, gzip: true });
    misbehaviours.add({ delay: 7 });
    expect(misbehaviours.all).toEqual([{ delay: 7, gzip: true }]);
    expect(misbehaviours.take(rabot)).toEqual({ delay: 7, gzip: true });
    expect(misbehaviours.take(other)).toEqual({ delay: 7, gzip: true });
    misbehaviours.clear();
    expect(misbehaviours.take(rabot)).toEqual({});
  });

  it('concern one client or one scope set in any order when they say so', () => {
    const misbehaviours = new Misbehaviours(Date.now);
    misbehaviours.add({ client: 'other', hang: true });
    misbehaviours.add({ scope: 'b a', delay: 1 });
    expect(misbehaviours.take(rabot)).toMatchObject({ delay: 1 });
    expect(misbehaviours.take(rabot)).not.toHaveProperty('hang');
    expect(misbehaviours.take(other)).toMatchObject({ hang: true });
    expect(misbehaviours.take(other)).not.toHaveProperty('delay');
  });

  it('with a number of times come one after the other, on top of the standing ones', () => {
    const misbehaviours = new Misbehaviours(Date.now);
    misbehaviours.add({ times: 2, delay: 1 });
    misbehaviours.add({ times: 1, delay: 2 });
    misbehaviours.add({ gzip: true });
    const delays = [1, 2, 3, 4].map(() => misbehaviours.take(rabot).delay);
    expect(delays).toEqual([1, 1, 2, undefined]);
    expect(misbehaviours.take(rabot)).toEqual({ gzip: true });
  });

  it('wait for a request that they concern', () => {
    const misbehaviours = new Misbehaviours(Date.now);
    misbehaviours.add({ client: 'other', times: 1, close: true });
    expect(misbehaviours.take(rabot).close).toBeUndefined();
    expect(misbehaviours.take(other).close).toBe(true);
    expect(misbehaviours.all).toEqual([]);
  });
});

describe('Misbehaviours with a duration', () => {
  it('end after it, and start anew when they are set again', () => {
    let now = 0;
    const misbehaviours = new Misbehaviours(() => now);
    misbehaviours.add({ seconds: 5, answer: { status: 404 } });
    now = 4_999;
    expect(misbehaviours.take(rabot)).toMatchObject({ answer: { status: 404 } });
    now = 5_000;
    expect([misbehaviours.take(rabot), misbehaviours.all]).toEqual([{}, []]);
    misbehaviours.add({ seconds: 5, answer: { status: 405 } });
    expect(misbehaviours.take(rabot)).toMatchObject({ answer: { status: 405 } });
  });
});

describe('sortedScopes', () => {
  it('sorts, and drops duplicates', () => {
    expect(sortedScopes('b a  b')).toBe('a b');
  });
});
