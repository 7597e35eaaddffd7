import { describe, expect, it, vi } from 'vitest';
import { someBroker } from '#test/some-broker.js';
import { someToken } from '#test/some-token.js';
import { UpstreamFailure } from './model/failures.js';
import { type Acquisition, RenewalLock } from './ports/renewal-lock.js';
import { ScopeSet } from './model/scope-set.js';
import { TokenStore } from './ports/token-store.js';
import type { TokenRequest } from './model/token-request.js';
import type { Token } from './model/token.js';

const demand = { trigger: 'demand', consumer: 'order-service' } as const;
const read = ScopeSet.parse('api:partner');

class ScriptedLock extends RenewalLock {
  released: (UpstreamFailure | undefined)[] = [];
  constructor(private readonly script: (() => Acquisition)[]) {
    super();
  }

  override async acquire(): Promise<Acquisition> {
    const scripted = this.script.shift();
    if (scripted !== undefined) return scripted();
    const release = async (failure?: UpstreamFailure) => void this.released.push(failure);
    return { outcome: 'acquired', lease: { generation: 7, release } };
  }
}

class SharedStore extends TokenStore {
  readonly tier = 'redis';
  broken = false;
  token: Token | undefined;

  override async get(): Promise<Token | undefined> {
    if (this.broken) throw new Error('out of order');
    return this.token;
  }

  override async put(_request: TokenRequest, token: Token): Promise<void> {
    if (this.broken) throw new Error('out of order');
    this.token = token;
  }
}

describe('a renewal under the lock', () => {
  it('looks in the cache again once it has the lock', async () => {
    const shared = new SharedStore();
    const { broker, client, server, clock } = someBroker({
      shared,
      lock: new ScriptedLock([
        () => ({ outcome: 'held', result: Promise.resolve(undefined) }),
        () => {
          shared.token = someToken(clock.now());
          return { outcome: 'acquired', lease: { generation: 2, release: async () => {} } };
        },
      ]),
    });
    const found = await broker.tokenFor(client.request(read), demand);
    expect([found.source, server.asked.length]).toEqual(['redis', 0]);
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
  });

  it('takes the outcome of another holder: its token, or its failure', async () => {
    const shared = new SharedStore();
    const failure = new UpstreamFailure('throttled', 'slow', { retryAfter: 5_000 });
    const { broker, client, server, clock } = someBroker({
      shared,
      lock: new ScriptedLock([
        () => ({ outcome: 'held', result: Promise.resolve(failure) }),
        () => {
          shared.token = someToken(clock.now());
          return { outcome: 'held', result: Promise.resolve(undefined) };
        },
      ]),
    });
    await expect(broker.tokenFor(client.request(read), demand)).rejects.toBe(failure);
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('redis');
    expect(server.asked).toHaveLength(0);
  });

  it('gives up waiting for others after a while', async () => {
    const { broker, client, clock } = someBroker({
      lock: new ScriptedLock(
        Array.from({ length: 30 }, () => () => {
          clock.advance(1_000);
          return { outcome: 'held', result: Promise.resolve(undefined) };
        }),
      ),
    });
    await expect(broker.tokenFor(client.request(read), demand)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
  });

  it('continues without the lock when that is out of order, newest token first', async () => {
    const { broker, client, events, clock } = someBroker({
      lock: new ScriptedLock([
        () => ({ outcome: 'acquired', lease: { generation: 3, release: async () => {} } }),
        () => ({ outcome: 'error', cause: new Error('out of order'), generation: 4 }),
      ]),
    });
    await broker.tokenFor(client.request(read), demand);
    clock.advance(3_000_000);
    const found = await broker.tokenFor(client.request(read), { ...demand, minTtl: 1_000_000 });
    expect([found.source, found.token.generation]).toEqual(['upstream', 4]);
    expect(events.of('lock_attempted').map(({ outcome }) => outcome)).toEqual(['acquired', 'error']);
  });

  it('gives the lock back with its outcome, success or failure', async () => {
    const lock = new ScriptedLock([]);
    const { broker, client, server } = someBroker({ lock });
    server.next(new UpstreamFailure('scope_refused', 'no'));
    await broker.tokenFor(client.request(read), demand).catch(() => {});
    await broker.tokenFor(client.request(ScopeSet.parse('create:orders')), demand);
    expect(lock.released.map((failure) => failure?.reason)).toEqual(['scope_refused', undefined]);
  });
});

describe('a broken tier', () => {
  it('is a miss, is counted, and fails no request', async () => {
    const shared = new SharedStore();
    shared.broken = true;
    const { broker, client, events } = someBroker({ shared });
    const found = await broker.tokenFor(client.request(read), demand);
    expect(found.source).toBe('upstream');
    expect(new Set(events.of('store_failed').map(({ operation }) => operation))).toEqual(
      new Set(['get', 'put']),
    );
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
  });
});

describe('the lock of a renewal', () => {
  it('is known to be held while the token request is in flight, and reported with its time when it is released', async () => {
    const { broker, client, clock, events, renewal, server } = someBroker();
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    const request = client.request(read);
    const token = broker.tokenFor(request, demand);
    await new Promise(setImmediate);
    expect(renewal.isRenewing(request)).toBe(true);
    expect(events.of('lock_released')).toEqual([]);
    clock.advance(250);
    gate.resolve();
    await token;
    expect(renewal.isRenewing(request)).toBe(false);
    expect(events.of('lock_released')).toEqual([{ type: 'lock_released', request, held: 250 }]);
  });

  it.each<Acquisition>([
    { outcome: 'held', result: Promise.resolve(new UpstreamFailure('throttled', 'slow')) },
    { outcome: 'error', cause: undefined, generation: 1 },
  ])('is not held when acquiring it came to $outcome', async (acquisition) => {
    const { broker, client, events } = someBroker({ lock: new ScriptedLock([() => acquisition]) });
    await broker.tokenFor(client.request(read), demand).catch(() => {});
    expect(events.of('lock_released')).toEqual([]);
  });
});

describe('a cold request', () => {
  it('looks at most three times into the memory, and twice into the shared store', async () => {
    const shared = new SharedStore();
    const { broker, client, memory, clock } = someBroker({ shared });
    const looks = [vi.spyOn(memory, 'copy'), vi.spyOn(shared, 'get')];
    const request = client.request(read);
    expect(broker.cached(request, demand, clock.now())).toBeUndefined();
    await broker.tokenFor(request, demand);
    expect(looks.map(({ mock }) => mock.calls.length)).toEqual([3, 2]);
  });
});
