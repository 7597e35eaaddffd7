import { describe, expect, it } from 'vitest';
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

class FartherStore extends TokenStore {
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
    const farther = new FartherStore();
    const { broker, client, server, clock } = someBroker({
      farther: [farther],
      lock: new ScriptedLock([
        () => ({ outcome: 'held', result: Promise.resolve(undefined) }),
        () => {
          farther.token = someToken(clock.now());
          return { outcome: 'acquired', lease: { generation: 2, release: async () => {} } };
        },
      ]),
    });
    const found = await broker.tokenFor(client.request(read), demand);
    expect([found.source, server.asked.length]).toEqual(['redis', 0]);
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
  });

  it('takes the outcome of another holder: its token, or its failure', async () => {
    const farther = new FartherStore();
    const failure = new UpstreamFailure('throttled', 'slow', { retryAfter: 5_000 });
    const { broker, client, server, clock } = someBroker({
      farther: [farther],
      lock: new ScriptedLock([
        () => ({ outcome: 'held', result: Promise.resolve(failure) }),
        () => {
          farther.token = someToken(clock.now());
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

  it('goes on without the lock when that is out of order, newest token first', async () => {
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
    const farther = new FartherStore();
    farther.broken = true;
    const { broker, client, events } = someBroker({ farther: [farther] });
    const found = await broker.tokenFor(client.request(read), demand);
    expect(found.source).toBe('upstream');
    expect(new Set(events.of('store_failed').map(({ operation }) => operation))).toEqual(
      new Set(['get', 'put']),
    );
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
  });
});
