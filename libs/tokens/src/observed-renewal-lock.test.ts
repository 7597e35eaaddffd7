import { describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { RecordedEvents } from '#test/some-broker.js';
import { someClient } from '#test/the.js';
import { UpstreamFailure } from './model/failures.js';
import { ObservedRenewalLock } from './observed-renewal-lock.js';
import { type Acquisition, RenewalLock } from './ports/renewal-lock.js';
import { ScopeSet } from './model/scope-set.js';

const request = someClient().request(ScopeSet.parse('api:partner'));

/** Answers as it is told. */
class ScriptedLock extends RenewalLock {
  constructor(private readonly acquisition: Acquisition) {
    super();
  }

  override async acquire(): Promise<Acquisition> {
    return this.acquisition;
  }
}

function observed(acquisition: Acquisition) {
  const [clock, events] = [new FakeClock(), new RecordedEvents()];
  return { clock, events, lock: new ObservedRenewalLock(new ScriptedLock(acquisition), events, clock) };
}

describe('an observed lock', () => {
  it('tells how long a lease was held, and that it is held meanwhile', async () => {
    const released: unknown[] = [];
    const { signal } = new AbortController();
    const release = async (failure?: UpstreamFailure) => void released.push(failure);
    const { lock, clock, events } = observed({
      outcome: 'acquired',
      lease: { generation: 7, signal, release },
    });

    const acquisition = await lock.acquire(request);
    if (acquisition.outcome !== 'acquired') throw new Error('not acquired');
    expect(acquisition.lease).toMatchObject({ generation: 7, signal });
    expect(lock.isHeld(request)).toBe(true);
    clock.advance(250);
    const failure = new UpstreamFailure('unavailable', 'down');
    await acquisition.lease.release(failure);

    expect(released).toEqual([failure]);
    expect(lock.isHeld(request)).toBe(false);
    expect(events.all).toEqual([{ type: 'lock_released', request, held: 250 }]);
  });

  it.each<Acquisition>([
    { outcome: 'held', result: Promise.resolve(undefined) },
    { outcome: 'error', cause: undefined, generation: 1 },
  ])('holds nothing when the answer is $outcome', async (acquisition) => {
    const { lock, events } = observed(acquisition);
    expect(await lock.acquire(request)).toBe(acquisition);
    expect(lock.isHeld(request)).toBe(false);
    expect(events.all).toEqual([]);
  });
});
