import { describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { ScriptedAuthorizationServer } from '#test/scripted-authorization-server.js';
import { someBroker } from '#test/some-broker.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { MemoryCooldownStore } from './memory/memory-cooldown-store.js';
import { UpstreamFailure } from './model/failures.js';
import { RenewalPolicy } from './model/renewal-policy.js';
import { ScopeSet } from './model/scope-set.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';
import { TokenStore } from './ports/token-store.js';

const demand = { trigger: 'demand', consumer: 'order-service' } as const;
const down = () => new UpstreamFailure('unavailable', 'down');
const read = ScopeSet.parse('api:partner');

describe('a token for a consumer', () => {
  it('comes from the authorization server once, and from memory afterwards', async () => {
    const { broker, client, server } = someBroker();
    const first = await broker.tokenFor(client.request(read), demand);
    const second = await broker.tokenFor(client.request(read), demand);
    expect([first.source, second.source]).toEqual(['upstream', 'memory']);
    expect(second.token).toBe(first.token);
    expect(server.asked).toHaveLength(1);
  });

  it('costs one token request for a thousand concurrent callers, and each scope set gets its own', async () => {
    const { broker, client, server } = someBroker();
    const sets = ['api:partner', 'create:orders', 'create:orders api:partner', 'api:partner create:orders'];
    const asked = Array.from({ length: 1_000 }, (_, n) => ScopeSet.parse(sets[n % sets.length]!));
    const found = await Promise.all(asked.map((scopes) => broker.tokenFor(client.request(scopes), demand)));
    expect(server.asked).toHaveLength(3);
    expect(found.every(({ token }, n) => token.scopes.equals(asked[n]!))).toBe(true);
    expect(new Set(found.map(({ token }) => token.accessToken.reveal())).size).toBe(3);
  });

  it('starts its life at the sending of the request, not at its arrival', async () => {
    const { broker, client, server, clock } = someBroker();
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    const sent = clock.now();
    const pending = broker.tokenFor(client.request(read), demand);
    await expect.poll(() => server.asked).toHaveLength(1);
    clock.advance(5_000);
    gate.resolve();
    expect((await pending).token.expiresAt).toBe(sent + server.lifetime);
  });

  it('is never one with less than minRemaining left', async () => {
    const { broker, client, server, clock } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    clock.advance(server.lifetime - 59_000);
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('upstream');
  });

  it('is handed out without waiting when its renewal is merely advisory', async () => {
    const { broker, client, server, clock } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    clock.advance(0.95 * server.lifetime);
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
  });

  it('has the min_ttl that the consumer insists on, or fails', async () => {
    const { broker, client, server, clock } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    clock.advance(1_000_000);
    const insisting = { ...demand, minTtl: 3_000_000 };
    expect((await broker.tokenFor(client.request(read), insisting)).source).toBe('upstream');
    clock.advance(1_000_000);
    server.next(down());
    await expect(broker.tokenFor(client.request(read), insisting)).rejects.toThrow('down');
  });

  it('is refused at once when min_ttl is beyond what the authorization server grants', async () => {
    const { broker, client, server } = someBroker();
    const greedy = { ...demand, minTtl: 3_600_000 };
    for (let times = 0; times < 3; times++) {
      await expect(broker.tokenFor(client.request(read), greedy)).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining('3599 s'),
      });
    }
    expect(server.asked).toHaveLength(1);
  });

  it('is served while it is valid and none can be had, and then fails with a time to come back', async () => {
    const { broker, client, server, clock } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    clock.advance(server.lifetime - 30_000);
    server.next(down());
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
    clock.advance(29_500);
    server.next(down());
    await expect(broker.tokenFor(client.request(read), demand)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryAfter: expect.any(Number),
    });
  });
});

describe('odd lives', () => {
  it('a life below some 10 s: served once to those who wait, not stored', async () => {
    const { broker, client, server, memory } = someBroker();
    for (const lifetime of [2_000, 9_000]) {
      server.next({ lifetime });
      const asked = server.asked.length;
      const found = await Promise.all([1, 2, 3].map(() => broker.tokenFor(client.request(read), demand)));
      expect(new Set(found.map(({ token }) => token)).size).toBe(1);
      expect(server.asked).toHaveLength(asked + 1);
      expect(memory.snapshot()).toEqual([]);
    }
  });

  it('the same token again when asked early: entry kept, end kept, next attempt re-timed, no tight loop', async () => {
    const { broker, client, server, memory, pass } = someBroker();
    server.next({ accessToken: 'same', lifetime: 3_600_000 });
    const first = await broker.tokenFor(client.request(read), demand);
    await pass(2_879_000);
    for (let left = 720_000; left > 1_000; left -= 1_000)
      server.next({ accessToken: 'same', lifetime: left });
    await pass(2_000);
    expect(server.asked).toHaveLength(2);
    const [kept] = memory.snapshot();
    expect(kept!.token.issuedAt).toBe(first.token.issuedAt);
    expect(kept!.token.renewAt).toBeGreaterThan(first.token.renewAt);
    const insisting = { ...demand, minTtl: 1_000_000 };
    await expect(broker.tokenFor(client.request(read), insisting)).rejects.toMatchObject({
      reason: 'unchanged',
    });
    await expect(broker.tokenFor(client.request(read), insisting)).rejects.toMatchObject({
      reason: 'unchanged',
    });
    expect(server.asked).toHaveLength(2);
    await pass(600_000);
    expect(server.asked.length).toBeLessThan(8);
  });
});

describe('a server that returns the same token again, with a full expires_in each time', () => {
  const jwt = (exp: number) =>
    ['{}', JSON.stringify({ exp }), ''].map((part) => Buffer.from(part).toString('base64url')).join('.');

  it.each(['opaque', 'a JWT'])('never has it served beyond its first end (%s)', async (kind) => {
    const { broker, client, server, clock, pass } = someBroker();
    const lifetime = 60_000;
    const end = clock.now() + lifetime;
    const accessToken = kind === 'opaque' ? 'same' : jwt((clock.wallTime() + lifetime) / 1000);
    server.next(...Array.from({ length: 200 }, () => ({ accessToken, lifetime })));
    const [seen, left]: [number[], number[]] = [[], []];
    for (let second = 0; second < 90; second++) {
      await pass(1_000);
      const served = await broker.tokenFor(client.request(read), demand).catch(() => undefined);
      if (served === undefined) continue;
      seen.push(served.token.expiresAt - end);
      left.push(served.token.remaining(clock.now()));
    }
    expect(Math.max(...seen)).toBeLessThanOrEqual(1_000);
    expect(Math.min(...left)).toBeGreaterThan(0);
    expect(server.asked.length).toBeLessThan(30);
  });

  it('has it served to the end that its own exp says, when that is later', async () => {
    const { broker, client, server, clock, pass } = someBroker();
    const accessToken = jwt((clock.wallTime() + 120_000) / 1000);
    const end = clock.now() + 120_000;
    server.next(...Array.from({ length: 50 }, () => ({ accessToken, lifetime: 60_000 })));
    await broker.tokenFor(client.request(read), demand);
    await pass(58_000);
    const { token } = await broker.tokenFor(client.request(read), demand);
    expect(token.expiresAt).toBeGreaterThan(clock.now() + 40_000);
    expect(token.expiresAt).toBeLessThanOrEqual(end);
  });
});

/** As all replicas see it. */
class SharedStore extends TokenStore {
  static token: Token | undefined;
  readonly tier = 'redis';

  override async get(): Promise<Token | undefined> {
    return SharedStore.token;
  }

  override async put(_request: TokenRequest, token: Token): Promise<void> {
    SharedStore.token = token;
  }
}

describe('a rejected token', () => {
  it('is renewed again only when it is twice as old as the one before, up to 5 minutes: an API with a lag accepts it then', async () => {
    const { broker, client, server, clock } = someBroker();
    const lag = 60_000;
    let accepted = 0;
    for (let second = 0; second < 300; second++) {
      const { token } = await broker.tokenFor(client.request(read), demand);
      if (clock.now() - token.issuedAt >= lag) accepted++;
      else await broker.tokenFor(client.request(read), rejecting(token.accessToken.sha256)).catch(() => {});
      clock.advance(1_000);
    }
    expect(accepted).toBeGreaterThan(100);
    expect(server.asked.length).toBeLessThanOrEqual(5);
  });

  it('falls back to 10 s after a token that was accepted for a while', async () => {
    const { broker, client, server, clock } = someBroker();
    const report = async () => {
      const { token } = await broker.tokenFor(client.request(read), demand);
      return broker.tokenFor(client.request(read), rejecting(token.accessToken.sha256));
    };
    await broker.tokenFor(client.request(read), demand);
    const renewedOnlyAt = async (age: number) => {
      clock.advance(age - 1);
      await expect(report()).rejects.toMatchObject({ code: 'slow_down', retryAfter: 1 });
      clock.advance(1);
      await report();
    };
    await renewedOnlyAt(10_000);
    await renewedOnlyAt(20_000);
    clock.advance(100_000);
    await report();
    await renewedOnlyAt(10_000);
    expect(server.asked).toHaveLength(5);
  });

  it('has to be twice as old at every replica, and however they take turns: the age is shared', async () => {
    const clock = new FakeClock();
    const cooldowns = new MemoryCooldownStore(clock);
    const server = new ScriptedAuthorizationServer(clock);
    const replicas = [1, 2, 3].map(() =>
      someBroker({ clock, cooldowns, shared: new SharedStore(), authorizationServer: server }),
    );
    for (let second = 0; second < 300; second++) {
      const { broker, client, memory } = replicas[second % 3]!;
      memory.retain(() => false);
      const request = client.request(read);
      const { token } = await broker.tokenFor(request, demand);
      await broker.tokenFor(request, rejecting(token.accessToken.sha256)).catch(() => {});
      clock.advance(1_000);
    }
    // At 10, 30, 70 and 150 s; each replica for itself would have renewed it three times as often.
    expect(server.asked.length).toBeLessThanOrEqual(5);
    expect(server.asked.length).toBeGreaterThanOrEqual(4);
  });

  it('whose instant of issue lies ahead is not a young one', async () => {
    const { broker, client, memory, server, clock } = someBroker();
    const ahead = someToken(clock.now() + 365 * 86_400_000);
    memory.put(client.request(read), ahead);
    await broker.tokenFor(client.request(read), rejecting(ahead.accessToken.sha256));
    expect(server.asked).toHaveLength(1);
  });
  const rejecting = (rejected: string) => ({ ...demand, trigger: 'rejected', rejected }) as const;

  it('is replaced by one renewal for a hundred who report it', async () => {
    const { broker, client, server, clock } = someBroker();
    const { token } = await broker.tokenFor(client.request(read), demand);
    clock.advance(10_000);
    const report = rejecting(token.accessToken.sha256);
    const found = await Promise.all(
      Array.from({ length: 100 }, () => broker.tokenFor(client.request(read), report)),
    );
    expect(server.asked).toHaveLength(2);
    expect(new Set(found.map(({ token: { accessToken } }) => accessToken.reveal()))).toEqual(
      new Set(['not-a-real-token-2']),
    );
    const late = await broker.tokenFor(client.request(read), report);
    expect([late.source, server.asked.length]).toEqual(['memory', 2]);
  });

  it('issued less than 10 s ago is not renewed again', async () => {
    const { broker, client, server, clock } = someBroker();
    const { token } = await broker.tokenFor(client.request(read), demand);
    clock.advance(9_000);
    await expect(
      broker.tokenFor(client.request(read), rejecting(token.accessToken.sha256)),
    ).rejects.toMatchObject({ code: 'slow_down', retryAfter: 1_000 });
    expect(server.asked).toHaveLength(1);
  });

  it('is not handed out to its reporter when none can be had', async () => {
    const { broker, client, server, clock } = someBroker();
    const { token } = await broker.tokenFor(client.request(read), demand);
    clock.advance(10_000);
    server.next(down());
    await expect(
      broker.tokenFor(client.request(read), rejecting(token.accessToken.sha256)),
    ).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    clock.advance(5_000);
    server.next({ accessToken: token.accessToken.reveal() });
    await expect(
      broker.tokenFor(client.request(read), rejecting(token.accessToken.sha256)),
    ).rejects.toMatchObject({ reason: 'unchanged' });
  });
});

describe('the schedule', () => {
  it('renews before expiry without a caller waiting', async () => {
    const { broker, client, server, pass } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    await pass(0.8 * server.lifetime + 1_000);
    expect(server.asked).toHaveLength(2);
    const found = await broker.tokenFor(client.request(read), demand);
    expect(found.source).toBe('memory');
    expect(found.token.accessToken.reveal()).toBe('not-a-real-token-2');
  });

  it('renews only what was asked for within idleAfter; the rest lapses', async () => {
    const idle = new RenewalPolicy({ at: 0.8, jitter: 0, minRemaining: 60_000, idleAfter: 1_000_000 });
    const { broker, client, server, memory, pass } = someBroker({ client: someClient({ renewal: idle }) });
    await broker.tokenFor(client.request(read), demand);
    await pass(4_000_000);
    expect(server.asked).toHaveLength(1);
    expect(memory.snapshot()).toEqual([]);
  });

  it('takes up a token again that lapsed and is asked for once more', async () => {
    const idle = new RenewalPolicy({ at: 0.8, jitter: 0, minRemaining: 60_000, idleAfter: 1_000_000 });
    const { broker, client, server, pass } = someBroker({ client: someClient({ renewal: idle }) });
    await broker.tokenFor(client.request(read), demand);
    await pass(3_000_000);
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
    await pass(2_000);
    expect(server.asked).toHaveLength(2);
  });

  it('always keeps what is preloaded', async () => {
    const client = someClient({ preload: [read] });
    const { clients, schedule, events, server, pass } = someBroker({ client });
    await schedule.keep(clients.preload());
    await pass(2 * server.lifetime);
    expect(events.of('renewed').map(({ trigger }) => trigger)).toEqual(['preload', 'schedule', 'schedule']);
  });

  it('tries a failed renewal again on the back-off, while the token is served', async () => {
    const { broker, client, server, pass } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    server.next(down(), down(), down());
    await pass(0.8 * server.lifetime + 1_000);
    expect(server.asked).toHaveLength(2);
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
    await pass(60_000);
    expect(server.asked).toHaveLength(5);
    expect((await broker.tokenFor(client.request(read), demand)).token.accessToken.reveal()).toBe(
      'not-a-real-token-5',
    );
  });

  it('drops what the settings no longer make', async () => {
    const { broker, client, clients, server, pass } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    clients.replace([someClient({ credentials: ['v2'] })]);
    await pass(server.lifetime);
    expect(server.asked).toHaveLength(1);
  });

  it('renews under the policy of the settings now in force', async () => {
    const { broker, client, clients, server, memory, pass } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    const early = new RenewalPolicy({ at: 0.2, jitter: 0, minRemaining: 60_000, idleAfter: 3_600_000 });
    clients.replace([someClient({ renewal: early })]);
    await pass(0.8 * server.lifetime + 1_000);
    const { issuedAt, renewAt } = memory.snapshot()[0]!.token;
    expect(renewAt - issuedAt).toBe(0.2 * server.lifetime);
  });

  it('holds up no renewal by one that hangs', async () => {
    const { broker, client, server, sweep, clock } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    clock.advance(1_000);
    await broker.tokenFor(client.request(ScopeSet.parse('create:orders')), demand);
    clock.advance(0.8 * server.lifetime - 1_000);
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    await sweep.sweep();
    await expect.poll(() => server.asked).toHaveLength(3);
    clock.advance(1_000);
    await sweep.sweep();
    await expect.poll(() => server.asked).toHaveLength(4);
    gate.resolve();
    await sweep.settled();
  });
});
