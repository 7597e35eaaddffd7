import { describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { RecordedEvents } from '#test/some-broker.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { anyValid } from './model/demand.js';
import { MemoryTokenStore } from './memory/memory-token-store.js';
import { ScopeSet } from './model/scope-set.js';
import { TokenCache } from './token-cache.js';
import { TokenStore } from './ports/token-store.js';
import type { Token } from './model/token.js';

const request = someClient().request(ScopeSet.parse('api:partner'));

class SlowStore extends TokenStore {
  readonly tier = 'redis';
  gate = Promise.withResolvers<void>();
  looks = 0;

  constructor(private readonly token: Token) {
    super();
  }

  override async get(): Promise<Token> {
    this.looks++;
    await this.gate.promise;
    return this.token;
  }

  override async put(): Promise<void> {}
}

function someCache(updates = { isLive: true }) {
  const clock = new FakeClock();
  const near = new MemoryTokenStore(clock);
  const far = new SlowStore(someToken(clock.now(), { generation: 2 }));
  return { clock, near, far, cache: new TokenCache(near, far, clock, new RecordedEvents(), updates) };
}

describe('TokenCache', () => {
  it('looks once into the shared store for all who miss together', async () => {
    const { cache, far } = someCache();
    const looking = Array.from({ length: 1_000 }, () => cache.find(request, anyValid()));
    far.gate.resolve();
    const found = await Promise.all(looking);
    expect(new Set(found.map((one) => one?.token.generation))).toEqual(new Set([2]));
    expect(far.looks).toBe(1);
  });

  it('lets the schedule renew a token half a second before its time, since clocks differ', () => {
    const { cache, clock } = someCache();
    const token = someToken(clock.now());
    const isGood = () => cache.accepts(token, request, { trigger: 'schedule' });
    clock.advance(token.renewAt - clock.now() - 500);
    expect(isGood()).toBe(true);
    clock.advance(1);
    expect(isGood()).toBe(false);
  });

  it('looks anew under the lock, whichever other reads are in flight', async () => {
    const { cache, far } = someCache();
    const looking = [cache.find(request, anyValid()), cache.latest(request)];
    far.gate.resolve();
    await Promise.all(looking);
    expect(far.looks).toBe(2);
  });

  it('hands out its near copy before it has asked the shared store only while updates are live', async () => {
    const updates = { isLive: true };
    const { cache, clock, near, far } = someCache(updates);
    far.gate.resolve();
    await near.put(request, someToken(clock.now(), { generation: 1 }));
    expect(await cache.find(request, anyValid())).toMatchObject({
      source: 'memory',
      token: { generation: 1 },
    });
    updates.isLive = false;
    expect(await cache.find(request, anyValid())).toMatchObject({
      source: 'redis',
      token: { generation: 2 },
    });
  });

  it('hands out its near copy when the shared store is behind', async () => {
    const { cache, clock, near, far } = someCache({ isLive: false });
    far.gate.resolve();
    await near.put(request, someToken(clock.now(), { generation: 3 }));
    const newest = { source: 'memory', token: { generation: 3 } };
    expect(await cache.find(request, anyValid())).toMatchObject(newest);
    expect(await cache.latest(request)).toMatchObject(newest);
  });

  it('prefers a near copy that was replaced to one that is older still, which a failover has brought back', async () => {
    const { cache, clock, near, far } = someCache();
    far.gate.resolve();
    await near.put(request, someToken(clock.now(), { generation: 3 }));
    near.invalidate(request.key, 4);
    expect((await cache.find(request, anyValid()))?.token.generation).toBe(3);
    expect((await cache.latest(request))?.token.generation).toBe(3);
  });

  it('hands out a near copy that was replaced only while the new token is out of reach', async () => {
    const { cache, clock, near, far } = someCache();
    await near.put(request, someToken(clock.now(), { generation: 1 }));
    near.invalidate(request.key, 2);
    far.gate.reject(new Error('out of reach'));
    for (const found of [await cache.find(request, anyValid()), await cache.latest(request)]) {
      expect(found).toMatchObject({ source: 'memory', token: { generation: 1 } });
    }
    far.gate = Promise.withResolvers();
    far.gate.resolve();
    expect(await cache.find(request, anyValid())).toMatchObject({ token: { generation: 2 } });
    expect((await near.get(request))?.generation).toBe(2);
  });
});
