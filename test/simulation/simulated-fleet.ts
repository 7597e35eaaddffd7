import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { someClient } from '#test/the.js';
import { SimulatedRedis } from './simulated-redis.js';
import { SimulatedReplica } from './simulated-replica.js';
import { seeded, VirtualTime } from './virtual-time.js';

export interface FleetOptions {
  seed: number;
  replicas: number;
  tokens: number;
  /** Milliseconds. */
  lifetime: number;
  /** Whether all scope sets share one token, as by `oneTokenPerClient`. */
  oneToken?: boolean;
}

/** Replicas that share one simulated Redis and authorization server, and consumers who ask each replica once in a second. */
export class SimulatedFleet {
  readonly time = new VirtualTime();
  readonly redis = new SimulatedRedis(this.time);
  readonly replicas: SimulatedReplica[];
  readonly server: CountingServer;
  readonly chance: () => number;
  /** What went wrong for a consumer. */
  readonly complaints: string[] = [];
  answers = 0;
  readonly requests: readonly TokenRequest[];
  /** The newest generation that each replica has given out, by request key. */
  readonly #given: Map<string, number>[];

  constructor({ seed, replicas, tokens, lifetime, oneToken }: FleetOptions) {
    this.chance = seeded(seed);
    const scopes = Array.from({ length: tokens }, (_, n) => `scope-${n}`);
    const all = ScopeSet.of(scopes);
    const client = someClient({
      scopes: all,
      maxTokenRequestsPerMinute: 1_000_000,
      oneToken: oneToken ? all : undefined,
    });
    this.requests = scopes.map((scope) => client.request(ScopeSet.parse(scope)));
    this.server = new CountingServer(this.time, this.chance, lifetime);
    const { time, redis, chance, server: authorizationServer } = this;
    const cooldowns = new MemoryCooldownStore(time);
    const surroundings = { time, redis, client, authorizationServer, cooldowns, chance };
    this.replicas = Array.from({ length: replicas }, () => new SimulatedReplica(surroundings));
    this.#given = this.replicas.map(() => new Map());
    for (const n of this.replicas.keys()) time.after(this.chance() * 1_000, () => this.#consume(n));
  }

  get keys(): string[] {
    return this.requests.map(({ key }) => key);
  }

  /** All consumers of all replicas ask for the same new token at once. */
  async coldBurst(): Promise<number> {
    const [request] = this.requests as [TokenRequest];
    let last = 0;
    const answers = this.replicas.map(async ({ broker }) => {
      await broker.tokenFor(request, { trigger: 'demand', consumer: 'burst' });
      last = this.time.now();
    });
    await Promise.all([...answers, this.time.pass(2_000)]);
    return last;
  }

  /** One that renews right now, if there is one: there a fault hurts the most. */
  victim(): SimulatedReplica {
    const holder = this.replicas.find(({ ports }) => ports.leases.size > 0 && !ports.isCrashed);
    return holder ?? this.replicas[Math.floor(this.chance() * this.replicas.length)]!;
  }

  /** Redis was killed, and came back empty after a second. */
  emptyRedis(): void {
    this.redis.loseAll();
    for (const { ports } of this.replicas) ports.cutOff(1_000);
  }

  #consume(n: number): void {
    const { broker, ports } = this.replicas[n]!;
    if (ports.isCrashed) return;
    const request = this.requests[Math.floor(this.chance() * this.requests.length)]!;
    void this.#ask(broker, request, n);
    this.time.after(1_000, () => this.#consume(n));
  }

  async #ask(broker: SimulatedReplica['broker'], request: TokenRequest, n: number): Promise<void> {
    const given = this.#given[n]!;
    const before = given.get(request.key) ?? -1;
    try {
      const { token } = await broker.tokenFor(request, { trigger: 'demand', consumer: `consumer-${n}` });
      this.answers++;
      if (token.remaining(this.time.now()) <= 0) this.complaints.push('a token past its life');
      if (token.generation < before) this.complaints.push('a token older than one given before');
      given.set(request.key, Math.max(token.generation, given.get(request.key) ?? -1));
    } catch (error) {
      this.complaints.push(String(error));
    }
  }
}

/** Answers in 50 to 500 ms, and counts. */
class CountingServer extends AuthorizationServer {
  /** When a token was asked for, by request key. */
  readonly askedAt = new Map<string, number[]>();
  mostAtOnceForOneToken = 0;
  lastAnsweredAt = 0;
  /** It ends the one before as soon as it is asked for. */
  newest = '';
  /** When the answer came that has the next token, by a token that ended so. */
  readonly replacedAt = new Map<string, number>();
  readonly #atOnce = new Map<string, number>();

  constructor(
    private readonly time: VirtualTime,
    private readonly chance: () => number,
    private readonly lifetime: number,
  ) {
    super();
  }

  get count(): number {
    return [...this.askedAt.values()].reduce((sum, { length }) => sum + length, 0);
  }

  override async requestToken({ key, scopes }: TokenRequest): Promise<TokenResponse> {
    const sentAt = this.time.now();
    const earlier = this.askedAt.get(key) ?? [];
    this.askedAt.set(key, [...earlier, sentAt]);
    const [former, token] = [this.newest, `not-a-real-token-${key}-${earlier.length}`];
    this.newest = token;
    this.#change(key, 1);
    await this.time.sleep(50 + this.chance() * 450);
    this.#change(key, -1);
    this.lastAnsweredAt = this.time.now();
    this.replacedAt.set(former, this.lastAnsweredAt);
    return { accessToken: new Secret(token), scopes, sentAt, lifetime: this.lifetime, anomalies: [] };
  }

  #change(key: string, by: number): void {
    const now = (this.#atOnce.get(key) ?? 0) + by;
    this.#atOnce.set(key, now);
    this.mostAtOnceForOneToken = Math.max(this.mostAtOnceForOneToken, now);
  }
}
