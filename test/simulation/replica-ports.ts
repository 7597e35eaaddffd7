import type { Random } from '#tokens/model/clock.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { type Acquisition, type Lease, RenewalLock } from '#tokens/ports/renewal-lock.js';
import { type DueRenewal, RenewalSchedule } from '#tokens/ports/renewal-schedule.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { TokenStore } from '#tokens/ports/token-store.js';
import type { Token } from '#tokens/model/token.js';
import type { Outcome, SimulatedRedis } from './simulated-redis.js';
import type { VirtualTime } from './virtual-time.js';

/** One replica's way to Redis: it takes time, may be interrupted, and its messages may be missed. */
export class ReplicaPorts {
  readonly store: TokenStore = new SharedTokenStore(this);
  readonly lock: RenewalLock = new SharedRenewalLock(this);
  readonly schedule: RenewalSchedule = new SharedSchedule(this);
  /** Request keys of the locks held. */
  readonly leases = new Set<string>();
  readonly #waiters = new Map<string, ((failure?: UpstreamFailure) => void)[]>();
  /** Until when this process stands still. */
  #pausedUntil = 0;
  #distrustsUntil = 0;
  isCrashed = false;

  constructor(
    readonly redis: SimulatedRedis,
    private readonly memory: MemoryTokenStore,
    readonly time: VirtualTime,
    readonly chance: Random,
  ) {
    redis.listen((outcome) => void this.#hear(outcome));
  }

  /** False while messages may have been missed. */
  get isLive(): boolean {
    return this.time.now() >= this.#distrustsUntil;
  }

  crash(): void {
    this.isCrashed = true;
  }

  pause(milliseconds: number): void {
    this.#pausedUntil = this.time.now() + milliseconds;
  }

  /** Misses all messages for so long, and knows it. Then it compares what it holds with what Redis does: the newest wins. */
  cutOff(milliseconds: number): void {
    this.#distrustsUntil = this.time.now() + milliseconds;
    this.time.after(milliseconds * this.chance(), () => void this.#reconcile());
  }

  /** A way there and back of 0.2 to 2 ms. What has crashed never comes back; what is paused goes on afterwards. */
  async trip<T>(act: () => T): Promise<T> {
    await this.#way();
    const result = act();
    await this.#way();
    return result;
  }

  /** Resolves when the outcome of this renewal is heard of, or it is time to look. */
  outcomeOf(key: string): Promise<UpstreamFailure | undefined> {
    return new Promise((resolve) => {
      this.#waiters.set(key, [...(this.#waiters.get(key) ?? []), resolve]);
      this.time.after(400 + this.chance() * 100, () => resolve(undefined));
    });
  }

  async #reconcile(): Promise<void> {
    for (const { request, token } of this.memory.snapshot()) {
      const kept = await this.trip(() => this.redis.token(request.key));
      if (kept === undefined || kept.generation < token.generation) {
        await this.trip(() => this.redis.put(request.key, token));
      } else this.memory.invalidate(request.key, kept.generation);
    }
  }

  async #way(): Promise<void> {
    await this.time.sleep(0.1 + this.chance() * 0.9);
    if (this.isCrashed) await new Promise(() => {});
    const paused = this.#pausedUntil - this.time.now();
    if (paused > 0) await this.time.sleep(paused);
  }

  async #hear(outcome: Outcome): Promise<void> {
    if (!this.isLive) return;
    await this.#way();
    if (outcome.generation !== undefined) this.memory.invalidate(outcome.key, outcome.generation);
    const waiters = this.#waiters.get(outcome.key) ?? [];
    this.#waiters.delete(outcome.key);
    for (const wake of waiters) wake(outcome.failure);
  }
}

class SharedTokenStore extends TokenStore {
  readonly tier = 'redis';

  constructor(private readonly ports: ReplicaPorts) {
    super();
  }

  override get({ key }: TokenRequest): Promise<Token | undefined> {
    return this.ports.trip(() => this.ports.redis.token(key));
  }

  override put({ key }: TokenRequest, token: Token, lease?: Lease): Promise<void> {
    const owner = lease instanceof SimulatedLease ? lease.owner : undefined;
    return this.ports.trip(() => this.ports.redis.put(key, token, owner));
  }
}

class SharedRenewalLock extends RenewalLock {
  constructor(private readonly ports: ReplicaPorts) {
    super();
  }

  override async acquire({ key }: TokenRequest): Promise<Acquisition> {
    const { ports } = this;
    const [owner, generation] = [{}, ports.time.now()];
    const settled = ports.outcomeOf(key);
    const isOurs = await ports.trip(() => ports.redis.lock(key, owner));
    return isOurs
      ? { outcome: 'acquired', lease: new SimulatedLease(ports, key, owner, generation) }
      : { outcome: 'held', result: settled };
  }
}

class SimulatedLease implements Lease {
  readonly #lost = new AbortController();
  #ended = false;

  constructor(
    private readonly ports: ReplicaPorts,
    private readonly key: string,
    readonly owner: object,
    readonly generation: number,
  ) {
    ports.leases.add(key);
    ports.time.after(1_000, () => void this.#extend());
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async release(failure?: UpstreamFailure): Promise<void> {
    const { ports, key } = this;
    this.#ended = true;
    ports.leases.delete(key);
    await ports.trip(() => ports.redis.release(key, this.owner, failure));
  }

  async #extend(): Promise<void> {
    const { ports, key } = this;
    if (this.#ended) return;
    const isOurs = await ports.trip(() => ports.redis.extend(key, this.owner));
    if (isOurs) return ports.time.after(1_000, () => void this.#extend());
    if (!this.#ended) this.#lost.abort();
  }
}

class SharedSchedule extends RenewalSchedule {
  constructor(private readonly ports: ReplicaPorts) {
    super();
  }

  override plan(request: TokenRequest, at: number): Promise<void> {
    return this.ports.trip(() => this.ports.redis.plan(request, at));
  }

  override noteDemand(request: TokenRequest, renewAt: number): void {
    if (!this.ports.redis.isPlanned(request)) void this.plan(request, renewAt);
  }

  override async keep(): Promise<void> {}

  override async takeDue(limit: number, ahead: number): Promise<DueRenewal[]> {
    const due = await this.ports.trip(() => this.ports.redis.takeDue(limit, ahead));
    return due.map(({ request, at }) => ({ request, dueAt: at, trigger: 'schedule' }));
  }

  override async forget(): Promise<void> {}
}
