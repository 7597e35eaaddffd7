import { describe, expect, it } from 'vitest';
import { seed } from '#test/seed.js';
import { someClient } from '#test/the.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { SimulatedRedis } from './simulated-redis.js';
import { SimulatedReplica } from './simulated-replica.js';
import { seeded, VirtualTime } from './virtual-time.js';

/** Milliseconds. */
const timeout = 10_000;
const tokenTime = 50;

/** Does what the test says with each request; a token takes `tokenTime`. */
class MoodyServer extends AuthorizationServer {
  firstSuccess = Infinity;
  asked = 0;
  /** When the scope set that fails alone was asked for. */
  readonly askedForBroken: number[] = [];

  constructor(
    private readonly time: VirtualTime,
    /** Milliseconds after which it fails; undefined: it gives a token. */
    private readonly failsAfter: (scope: string) => number | undefined,
  ) {
    super();
  }

  override async requestToken({ scopes }: TokenRequest): Promise<TokenResponse> {
    const sentAt = this.time.now();
    this.asked++;
    if (String(scopes) === 'broken') this.askedForBroken.push(sentAt);
    const failsAfter = this.failsAfter(String(scopes));
    await this.time.sleep(failsAfter ?? tokenTime);
    if (failsAfter !== undefined) throw new UpstreamFailure('unavailable', 'HTTP 500');
    this.firstSuccess = Math.min(this.firstSuccess, this.time.now());
    const accessToken = new Secret(`not-a-real-token-${this.asked}`);
    return { accessToken, scopes, sentAt, lifetime: 3_600_000, anomalies: [] };
  }
}

function scene(scopes: readonly string[], failsAfter: (scope: string, now: number) => number | undefined) {
  const [time, chance] = [new VirtualTime(), seeded(seed)];
  const client = someClient({
    scopes: ScopeSet.parse(scopes.join(' ')),
    timeout,
    maxTokenRequestsPerMinute: 1_000,
  });
  const server = new MoodyServer(time, (scope) => failsAfter(scope, time.now()));
  const [redis, cooldowns] = [new SimulatedRedis(time), new MemoryCooldownStore(time)];
  const parts = { time, redis, client, authorizationServer: server, cooldowns, chance };
  const replicas = [1, 2, 3].map(() => new SimulatedReplica(parts));

  /** Asks until there is a token, each time after `wait` of what `Retry-After` says in seconds. Returns when it came. */
  async function served(scope: string, n: number, wait = (seconds: number) => seconds): Promise<number> {
    const request = client.request(ScopeSet.parse(scope));
    for (;;) {
      try {
        await replicas[n % 3]!.broker.tokenFor(request, { trigger: 'demand', consumer: `consumer-${n}` });
        return time.now();
      } catch (failure) {
        const { retryAfter = 1_000 } = failure as UpstreamFailure;
        await time.sleep(1_000 * wait(Math.max(1, Math.ceil(retryAfter / 1_000))));
      }
    }
  }

  return { time, chance, server, served };
}

/** 200 of them, asked for from the start by callers that do as `Retry-After` says. */
const many = Array.from({ length: 200 }, (_, n) => `scope-${n}`);

describe(`after an outage (seed ${seed})`, () => {
  it.each([
    ['answers 500 at once', 10],
    ['answers 500 late', 4_000],
    ['does not answer', timeout],
  ])(
    'of a server that %s, all scope sets that wait are let in within 3 s of the first',
    async (_, failsAfter) => {
      const { time, server, served } = scene(many, (_scope, now) => (now < 60_000 ? failsAfter : undefined));
      const all = Promise.all(many.map((scope, n) => served(scope, n)));
      await time.pass(240_000);
      const last = Math.max(...(await all));
      expect(server.firstSuccess).toBeGreaterThan(60_000);
      expect(last - server.firstSuccess).toBeLessThan(3_000 + tokenTime);
    },
  );
});

describe(`beside a scope set that answers 500 and is polled (seed ${seed})`, () => {
  it.each([
    ['each second', 1_000, 10],
    ['ten times a second', 100, 10],
    ['each second, by attempts that end with the timeout', 1_000, timeout],
  ])('%s, a new scope set gets a token at its first turn', async (_, interval, failsAfter) => {
    const { time, server, served } = scene(['broken', 'new', 'other'], (scope) =>
      scope === 'broken' ? failsAfter : undefined,
    );
    void served('broken', 0, () => interval / 1_000);
    // The failures in a row make the cool-down a minute long.
    await time.pass(300_000);
    const begin = time.now();
    const both = Promise.all([served('new', 1), served('other', 2)]);
    await time.pass(200_000);
    const [first] = (await both).toSorted((a, b) => a - b);
    expect(server.askedForBroken.filter((at) => at > begin && at < server.firstSuccess)).toEqual([]);
    expect(first! - begin).toBeLessThan(60_000 + timeout + 3_000);
    expect(Math.max(...(await both)) - first!).toBeLessThan(3_000 + tokenTime);
  });
});
