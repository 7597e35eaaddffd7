import { describe, expect, it } from 'vitest';
import { MemoryCooldownStore } from '#tokens/memory-cooldown-store.js';
import { MemoryRenewalSchedule } from '#tokens/memory-renewal-schedule.js';
import { MemoryTokenStore } from '#tokens/memory-token-store.js';
import { ScopeSet } from '#tokens/scope-set.js';
import { Secret } from '#tokens/secret.js';
import { FakeClock } from '../support/fake-clock.js';
import { someToken } from '../support/some-token.js';
import { someClient } from '../support/the.js';
import { describeCooldownStore } from './cooldown-store.contract.js';
import { describeRenewalSchedule } from './renewal-schedule.contract.js';
import { describeTokenStore } from './token-store.contract.js';

function time() {
  const clock = new FakeClock();
  return { clock, pass: (milliseconds: number) => clock.advance(milliseconds) };
}

describeTokenStore('MemoryTokenStore', () => {
  const { clock, pass } = time();
  return { store: new MemoryTokenStore(clock), clock, pass };
});

describeRenewalSchedule('MemoryRenewalSchedule', () => {
  const { clock, pass } = time();
  return { schedule: new MemoryRenewalSchedule(clock), clock, pass };
});

describeCooldownStore('MemoryCooldownStore', () => {
  const { clock, pass } = time();
  return { cooldowns: new MemoryCooldownStore(clock), pass };
});

describe('MemoryTokenStore', () => {
  const requests = Array.from({ length: 5 }, (_, n) => someClient().request(ScopeSet.parse(`s${n}`)));

  it('is bounded in number and in size; the least recently used go first', async () => {
    const clock = new FakeClock();
    const few = new MemoryTokenStore(clock, { max: 3, maxSize: 10_000 });
    for (const request of requests) await few.put(request, someToken(clock.now()));
    expect(few.snapshot().map(({ request }) => String(request.scopes))).toEqual(['s4', 's3', 's2']);

    const small = new MemoryTokenStore(clock, { max: 100, maxSize: 250 });
    for (const request of requests) {
      await small.put(request, someToken(clock.now(), { accessToken: new Secret('x'.repeat(99)) }));
    }
    expect(small.snapshot()).toHaveLength(2);
  });

  it('shows the tokens that live, and drops those that the settings no longer make', async () => {
    const clock = new FakeClock();
    const store = new MemoryTokenStore(clock);
    await store.put(requests[0]!, someToken(clock.now(), { expiresAt: clock.now() + 1_000 }));
    await store.put(requests[1]!, someToken(clock.now()));
    await store.put(requests[2]!, someToken(clock.now()));
    clock.advance(1_000);
    store.retain((request) => request !== requests[2]);
    expect(store.snapshot().map(({ request }) => request)).toEqual([requests[1]]);
  });
});
