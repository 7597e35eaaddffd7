import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { ScriptedAuthorizationServer } from '#test/scripted-authorization-server.js';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';
import { UpstreamFailure, type UpstreamFailureReason } from './model/failures.js';
import { ScopeSet } from './model/scope-set.js';
import { MemoryCooldownStore } from './memory/memory-cooldown-store.js';
import { MemoryTokenRequestBudget } from './memory/memory-token-request-budget.js';
import { GuardedAuthorizationServer } from './upstream.js';

const demand = { trigger: 'demand', consumer: 'order-service' } as const;
const read = ScopeSet.parse('api:partner');
const orders = ScopeSet.parse('create:orders');
const fail = (reason: UpstreamFailureReason, retryAfter?: number) =>
  new UpstreamFailure(reason, 'no', { retryAfter });

/** Asks again each second, and returns after how many seconds each token request went out. */
async function askEachSecond(seconds: number, failures: UpstreamFailure[], chance = () => 0.5) {
  const { broker, client, server, clock } = someBroker({ chance });
  server.next(...failures);
  const sent: number[] = [];
  for (let second = 0; second <= seconds; second++) {
    const before = server.asked.length;
    await broker.tokenFor(client.request(read), demand).catch(() => {});
    if (server.asked.length > before) sent.push(second);
    if (server.asked.length > failures.length) break;
    clock.advance(1_000);
  }
  return sent;
}

describe('a client whose credential this replica does not know', () => {
  it('serves the tokens there are, and sends no token request, uses no budget and starts no cool-down', async () => {
    const { broker, server, cache, events, clock } = someBroker();
    const client = someClient({ isProofUnknown: true });
    const request = client.request(read);
    await expect(broker.tokenFor(request, demand)).rejects.toMatchObject({ retryAfter: 5_000 });
    const known = await broker.tokenFor(someClient().request(read), demand);
    await cache.put(request, known.token);
    expect((await broker.tokenFor(request, demand)).token).toBe(known.token);
    clock.advance(known.token.renewAt - clock.now());
    await expect(broker.renew(request, 'schedule')).rejects.toMatchObject({
      reason: 'credential_unavailable',
      retryAfter: 5_000,
    });
    expect(server.asked).toHaveLength(1);
    expect(events.of('cooldown_started')).toEqual([]);
    expect(events.of('renewal_failed')).toEqual([]);
  });
});

describe('a wrong issuer, a redirect, or a missing https at an authorization server', () => {
  it('holds back all of the client for 30 s, doubling to 5 min', async () => {
    const failures = Array.from({ length: 6 }, () => fail('wrong_endpoint'));
    expect(await askEachSecond(2_000, failures)).toEqual([0, 30, 90, 210, 450, 750, 1_050]);
  });

  it('refuses no credential: the second one of a rotation is not tried', async () => {
    const { broker, client, server, events } = someBroker({
      client: someClient({ credentials: ['new', 'old'] }),
    });
    server.next(fail('wrong_endpoint'));
    for (const scopes of [read, orders]) {
      await expect(broker.tokenFor(client.request(scopes), demand)).rejects.toMatchObject({
        code: 'upstream_rejected',
        retryAfter: 30_000,
      });
    }
    expect(server.asked).toHaveLength(1);
    expect(events.of('cooldown_started').map(({ scope }) => scope)).toEqual(['client']);
  });
});

describe('invalid_client, unauthorized_client, 401, and 400 or 403 without an OAuth body', () => {
  it('latches the credential for 30 s, doubling to 5 min', async () => {
    const failures = Array.from({ length: 6 }, () => fail('client_refused'));
    expect(await askEachSecond(2_000, failures)).toEqual([0, 30, 90, 210, 450, 750, 1_050]);
  });

  it('latches it for all scope sets, and one attempt at a time goes through afterwards', async () => {
    const { broker, client, server, clock } = someBroker();
    server.next(fail('client_refused'));
    await broker.tokenFor(client.request(read), demand).catch(() => {});
    await expect(broker.tokenFor(client.request(orders), demand)).rejects.toMatchObject({
      code: 'upstream_rejected',
      retryAfter: 30_000,
    });
    expect(server.asked).toHaveLength(1);
    clock.advance(30_000);
    server.next(fail('client_refused'));
    await Promise.allSettled([read, orders].map((scopes) => broker.tokenFor(client.request(scopes), demand)));
    expect(server.asked).toHaveLength(2);
  });

  it('is cleared at once when the credential changes', async () => {
    const { broker, client, server } = someBroker();
    server.next(fail('client_refused'));
    await broker.tokenFor(client.request(read), demand).catch(() => {});
    const replaced = someClient({ credentials: ['v2'] });
    expect((await broker.tokenFor(replaced.request(read), demand)).source).toBe('upstream');
  });

  it('still serves a valid token', async () => {
    const { broker, client, server, clock } = someBroker();
    await broker.tokenFor(client.request(read), demand);
    clock.advance(server.lifetime - 30_000);
    server.next(fail('client_refused'));
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('memory');
    expect(server.asked).toHaveLength(2);
  });

  it('tries the second secret of a rotation when the first is refused, and the first again later', async () => {
    const { broker, client, server, clock, events } = someBroker({
      client: someClient({ credentials: ['new', 'old'] }),
    });
    server.next(fail('client_refused'));
    await broker.tokenFor(client.request(read), demand);
    await broker.tokenFor(client.request(orders), demand);
    clock.advance(30_000);
    await broker.tokenFor(client.request(ScopeSet.parse('api:partner create:orders')), demand);
    expect(server.asked.map(({ credential }) => credential)).toEqual(['new', 'old', 'old', 'new']);
    expect(events.of('credential_used').map(({ credential }) => credential)).toEqual([2, 2, 1]);
  });

  it('fails when both secrets are refused, and asks no more', async () => {
    const { broker, client, server } = someBroker({ client: someClient({ credentials: ['new', 'old'] }) });
    server.next(fail('client_refused'), fail('client_refused'));
    for (const scopes of [read, orders]) {
      await expect(broker.tokenFor(client.request(scopes), demand)).rejects.toMatchObject({
        code: 'upstream_rejected',
      });
    }
    expect(server.asked).toHaveLength(2);
  });
});

describe('a refused assertion of a replica whose clock is off', () => {
  it.each([
    ['private_key_jwt', true, 'client_refused', true],
    ['private_key_jwt', false, 'client_refused', false],
    ['client_secret_basic', true, 'client_refused', false],
    ['private_key_jwt', true, 'unavailable', false],
  ] as const)('%s, disputed %s, %s: holds back this replica alone is %s', async (...row) => {
    const [clientAuthentication, isDisputed, reason, isOwnFault] = row;
    const clock = new FakeClock();
    const server = new ScriptedAuthorizationServer(clock);
    server.next(fail(reason));
    const cooldowns = new MemoryCooldownStore(clock);
    const failed = vi.spyOn(cooldowns, 'failed');
    const parts = { authorizationServer: server, cooldowns, budget: new MemoryTokenRequestBudget(clock) };
    const upstream = new GuardedAuthorizationServer(
      parts,
      { emit() {} },
      () => 0.5,
      () => isDisputed,
    );
    const request = someClient({ clientAuthentication }).request(read);
    await upstream.requestToken(request, demand).catch(() => {});
    expect(failed.mock.calls[0]![3]).toEqual({ key: request.key, isOwnFault });
  });
});

describe('invalid_scope, invalid_target', () => {
  it('is remembered for this key for 60 s, and for no other', async () => {
    expect(await askEachSecond(100, [fail('scope_refused')])).toEqual([0, 60]);
    const { broker, client, server } = someBroker();
    server.next(fail('scope_refused'));
    await broker.tokenFor(client.request(read), demand).catch(() => {});
    expect((await broker.tokenFor(client.request(orders), demand)).source).toBe('upstream');
  });

  it('is cleared when the settings change', async () => {
    const { broker, client, server, cooldowns } = someBroker();
    server.next(fail('scope_refused'));
    await broker.tokenFor(client.request(read), demand).catch(() => {});
    await cooldowns.forgetRequests();
    expect((await broker.tokenFor(client.request(read), demand)).source).toBe('upstream');
  });
});

describe('5xx, 408, temporarily_unavailable, server_error, network, timeout', () => {
  it('backs off exponentially with full jitter, 1 s to 60 s', async () => {
    const failures = Array.from({ length: 9 }, () => fail('unavailable'));
    const longest = await askEachSecond(1_000, failures, () => 1);
    expect(gaps(longest)).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60]);
    const shortest = await askEachSecond(1_000, failures, () => 0);
    expect(gaps(shortest)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('lets one attempt at a time through, for all scope sets of the client', async () => {
    const { broker, client, server, clock } = someBroker();
    server.next(fail('unavailable'));
    await broker.tokenFor(client.request(read), demand).catch(() => {});
    clock.advance(2_000);
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    const probe = broker.tokenFor(client.request(read), demand);
    await expect.poll(() => server.asked).toHaveLength(2);
    await expect(broker.tokenFor(client.request(orders), demand)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    gate.resolve();
    await probe;
    expect((await broker.tokenFor(client.request(orders), demand)).source).toBe('upstream');
  });

  it('counts failures of attempts that were under way together as one', async () => {
    const { broker, client, server } = someBroker({ chance: () => 1 });
    const sets = ['a', 'b', 'c', 'd', 'e'].map((scope) => ScopeSet.parse(scope));
    server.next(...sets.map(() => fail('unavailable')));
    await Promise.allSettled(sets.map((scopes) => broker.tokenFor(client.request(scopes), demand)));
    expect(server.asked).toHaveLength(5);
    await expect(broker.tokenFor(client.request(read), demand)).rejects.toMatchObject({ retryAfter: 2_000 });
  });

  it('takes an error that no authorization server should throw for a passing failure', async () => {
    const { broker, client, server } = someBroker();
    server.next(new TypeError('a bug'));
    await expect(broker.tokenFor(client.request(read), demand)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      message: expect.not.stringContaining('a bug'),
    });
  });
});

describe('429', () => {
  it('waits as long as Retry-After says, jitter added, capped at 1 h', async () => {
    const { broker, client, server, clock } = someBroker({ chance: () => 0.5 });
    server.next(fail('throttled', 100_000));
    await expect(broker.tokenFor(client.request(read), demand)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryAfter: 105_000,
    });
    clock.advance(105_000);
    server.next(fail('throttled', 86_400_000));
    await expect(broker.tokenFor(client.request(orders), demand)).rejects.toMatchObject({
      retryAfter: 3_780_000,
    });
  });

  it('backs off as for a passing failure when Retry-After is garbage', async () => {
    expect(gaps(await askEachSecond(100, [fail('throttled'), fail('throttled')], () => 1))).toEqual([2, 4]);
  });
});

describe('the budget of a client', () => {
  const small = someClient({ maxTokenRequestsPerMinute: 8 });
  const scopes = Array.from({ length: 20 }, (_, n) => ScopeSet.parse(`s${n}`));

  it('gives one consumer at most half, and new scope sets at most three quarters', async () => {
    const { broker, server } = someBroker({ client: small });
    const ask = (consumer: string) =>
      Promise.allSettled(
        scopes.map((one) => broker.tokenFor(small.request(one), { trigger: 'demand', consumer })),
      );
    await ask('greedy');
    expect(server.asked).toHaveLength(4);
    await ask('modest');
    expect(server.asked).toHaveLength(6);
  });

  it('lets renewals of what is in use come before new scope sets', async () => {
    const { broker, server, clock, sweep } = someBroker({ client: small });
    for (const one of scopes.slice(0, 2)) await broker.tokenFor(small.request(one), demand);
    clock.advance(0.8 * server.lifetime);
    const walk = (consumer: string) =>
      Promise.allSettled(
        scopes.slice(2).map((one) => broker.tokenFor(small.request(one), { trigger: 'demand', consumer })),
      );
    await walk('one');
    await walk('another');
    expect(server.asked).toHaveLength(8);
    await sweep.sweep();
    clock.advance(1_000);
    await sweep.settled();
    expect(server.asked.slice(8).map(({ request }) => String(request.scopes))).toEqual(['s0', 's1']);
  });

  it('answers what is beyond it with the time to come back, and counts it', async () => {
    const { broker, events, clock } = someBroker({ client: small });
    for (const one of scopes.slice(0, 4)) {
      await broker.tokenFor(small.request(one), demand);
      clock.advance(1_000);
    }
    await expect(broker.tokenFor(small.request(scopes[4]!), demand)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      reason: 'budget_used_up',
      retryAfter: 56_000,
      message: expect.stringContaining('the budget of 8 per minute'),
    });
    expect(events.of('renewal_failed').map(({ failure }) => failure.reason)).toEqual(['budget_used_up']);
    clock.advance(56_000);
    await broker.tokenFor(small.request(scopes[4]!), demand);
  });
});

function gaps(seconds: number[]): number[] {
  return seconds.slice(1).map((second, n) => second - seconds[n]!);
}
