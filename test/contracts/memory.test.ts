import { getHeapStatistics } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { anyValid } from '#tokens/model/demand.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { MemoryRenewalSchedule } from '#tokens/memory/memory-renewal-schedule.js';
import { MemoryRenewalHistory } from '#tokens/memory/memory-renewal-history.js';
import { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import { memoryBound, MemoryTokenStore, oldSpaceLimit } from '#tokens/memory/memory-token-store.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { periodOf } from '#tokens/ports/renewal-history.js';
import { TokenCache } from '#tokens/token-cache.js';
import { TokenStore } from '#tokens/ports/token-store.js';
import type { Token } from '#tokens/model/token.js';
import { FakeClock } from '#test/fake-clock.js';
import { RecordedEvents } from '#test/some-broker.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { describeCooldownStore } from './cooldown-store.contract.js';
import { describeRenewalHistory } from './renewal-history.contract.js';
import { describeRenewalSchedule } from './renewal-schedule.contract.js';
import { describeTokenRequestBudget } from './token-request-budget.contract.js';
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

describeTokenRequestBudget('MemoryTokenRequestBudget', () => {
  const { clock, pass } = time();
  return { budget: new MemoryTokenRequestBudget(clock), pass };
});

describeRenewalHistory('MemoryRenewalHistory', () => {
  const { clock } = time();
  return { history: new MemoryRenewalHistory(clock), clock };
});

describe('MemoryRenewalHistory', () => {
  it('is bounded in number: the tokens that were renewed least recently go first', async () => {
    const clock = new FakeClock();
    const history = new MemoryRenewalHistory(clock, 2);
    const period = periodOf(clock.wallTime());
    for (const id of ['a', 'b', 'a', 'c']) await history.add([{ id, period, renewed: 1, failed: 0 }]);
    expect((await history.of(['a', 'b', 'c'])).map((counts) => counts.length)).toEqual([1, 0, 1]);
  });
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

  it('takes the heap for what --max-old-space-size says, without the young generation of V8', () => {
    expect(oldSpaceLimit('--max-old-space-size=96 --max_old_space_size=64')).toBe(64 * 2 ** 20);
    expect(oldSpaceLimit('--max-semi-space-size=16')).toBe(getHeapStatistics().heap_size_limit);
  });

  it('takes no more than a part of the heap and of the container, scopes counted', async () => {
    const mebibytes = (heap: number, container: number) =>
      memoryBound(heap * 2 ** 20, container * 2 ** 20).maxSize / 2 ** 20;
    expect([mebibytes(64, 0), mebibytes(4096, 256), mebibytes(64, 4096), mebibytes(8192, 0)]).toEqual([
      8, 32, 8, 256,
    ]);
    const clock = new FakeClock();
    const store = new MemoryTokenStore(clock, memoryBound(64 * 2 ** 20, 0));
    const scopes = ScopeSet.parse(Array.from({ length: 500 }, (_, n) => `scope-${n}`).join(' '));
    for (let n = 0; n < 20_000; n++) {
      const request = someClient().request(ScopeSet.parse(`s${n}`));
      store.put(request, someToken(clock.now(), { scopes, accessToken: new Secret('x'.repeat(1_000)) }));
    }
    const kept = store.snapshot();
    expect(kept.length * (1_000 + String(scopes).length)).toBeLessThan(8 * 2 ** 20);
    expect(kept.length).toBeGreaterThan(500);
    expect(String(kept[0]!.request.scopes)).toBe('s19999');
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

  it('drops a token when a newer one of its key is known to be in a farther store', async () => {
    const clock = new FakeClock();
    const store = new MemoryTokenStore(clock);
    const [request, other] = requests as [(typeof requests)[0], (typeof requests)[0]];
    for (const kept of [request, other]) await store.put(kept, someToken(clock.now(), { generation: 5 }));
    store.invalidate(request.key, 4);
    store.invalidate(request.key, 5);
    expect((await store.get(request))?.generation).toBe(5);
    store.invalidate(request.key, 6);
    expect(await store.get(request)).toBeUndefined();
    expect((await store.get(other))?.generation).toBe(5);
    await store.put(request, someToken(clock.now(), { generation: 6 }));
    expect((await store.get(request))?.generation).toBe(6);
  });

  it('takes an older token again 2 seconds after an invalidation: the newer one may be lost', async () => {
    const clock = new FakeClock();
    const store = new MemoryTokenStore(clock);
    const put = () => store.put(requests[0]!, someToken(clock.now(), { generation: 5 }));
    store.invalidate(requests[0]!.key, 6);
    clock.advance(2_000);
    await put();
    expect(await store.get(requests[0]!)).toBeUndefined();
    clock.advance(1);
    await put();
    expect((await store.get(requests[0]!))?.generation).toBe(5);
  });

  it('does not get the old token back by a read that was under way when it was invalidated', async () => {
    const clock = new FakeClock();
    const farther = new SlowStore(someToken(clock.now(), { generation: 5 }));
    const store = new MemoryTokenStore(clock);
    const cache = new TokenCache(store, farther, clock, new RecordedEvents());
    const reads = Array.from({ length: 100 }, () => cache.find(requests[0]!, anyValid()));
    store.invalidate(requests[0]!.key, 6);
    farther.answer();
    await Promise.all(reads);
    expect(await store.get(requests[0]!)).toBeUndefined();
  });
});

/** Answers when it is told to. */
class SlowStore extends TokenStore {
  readonly tier = 'redis';
  readonly #gate = Promise.withResolvers<void>();

  constructor(private readonly token: Token) {
    super();
  }

  answer(): void {
    this.#gate.resolve();
  }

  override async get(): Promise<Token> {
    await this.#gate.promise;
    return this.token;
  }

  override async put(): Promise<void> {}
}
