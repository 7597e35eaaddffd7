import { describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { Refreshed } from './refreshed.js';

const policy = { freshFor: 100, usableFor: 1_000, backoff: 20, backoffWithoutValue: 5 };

/** A source that counts its fetches, and fails while `fault` is set. */
function setUp() {
  const clock = new FakeClock();
  const source = { fetches: 0, fault: undefined as Error | undefined };
  const refreshed = new Refreshed(
    async () => {
      source.fetches += 1;
      await turn();
      if (source.fault) throw source.fault;
      return source.fetches;
    },
    clock,
    policy,
  );
  return { clock, source, refreshed };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Lets a background refresh finish. */
async function settled(): Promise<void> {
  await turn();
  await turn();
}

describe('a refreshed value', () => {
  it('is fetched once for all who ask at a time', async () => {
    const { source, refreshed } = setUp();
    const values = await Promise.all(Array.from({ length: 50 }, () => refreshed.get()));
    expect(new Set(values)).toEqual(new Set([1]));
    expect(source.fetches).toBe(1);
  });

  it('is kept while it is fresh, then refreshed in the background', async () => {
    const { clock, source, refreshed } = setUp();
    await refreshed.get();
    clock.advance(99);
    await refreshed.get();
    expect(source.fetches).toBe(1);
    clock.advance(1);
    expect(await refreshed.get()).toBe(1);
    await settled();
    expect(await refreshed.get()).toBe(2);
    expect(refreshed.age).toBe(0);
  });

  it('is used until it is too old when it cannot be refreshed, with a back-off between the fetches', async () => {
    const { clock, source, refreshed } = setUp();
    await refreshed.get();
    source.fault = new Error('down');
    clock.advance(100);
    expect(await refreshed.get()).toBe(1);
    await settled();
    clock.advance(19);
    expect(await refreshed.get()).toBe(1);
    expect(refreshed.backoffRemaining).toBe(1);
    expect(source.fetches).toBe(2);
    clock.advance(881);
    await expect(refreshed.get()).rejects.toBe(source.fault);
    expect(source.fetches).toBe(3);
  });

  it('that is missing is not fetched during the back-off: the failure is thrown again', async () => {
    const { clock, source, refreshed } = setUp();
    source.fault = new Error('down');
    await expect(refreshed.get()).rejects.toBe(source.fault);
    await expect(refreshed.get()).rejects.toBe(source.fault);
    expect(source.fetches).toBe(1);
    source.fault = undefined;
    clock.advance(5);
    expect(await refreshed.get()).toBe(2);
    expect(refreshed.backoffRemaining).toBe(0);
  });
});
