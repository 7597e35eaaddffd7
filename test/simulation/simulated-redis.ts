import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { Token } from '#tokens/model/token.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { VirtualTime } from './virtual-time.js';

export interface Planned {
  request: TokenRequest;
  at: number;
}

/** Of a renewal: a token, a failure, or nothing new. */
export interface Outcome {
  key: string;
  generation?: number;
  failure?: UpstreamFailure | undefined;
}

interface HeldLock {
  owner: object;
  until: number;
}

/** How long a lock lives that nobody extends, and a due renewal that its taker has not planned again. Milliseconds. */
const lockLife = 3_000;
const scheduleLease = 15_000;

/** What all replicas share, by the rules of the Redis scripts. It answers at once: the way there takes time. */
export class SimulatedRedis {
  readonly #tokens = new Map<string, Token>();
  readonly #locks = new Map<string, HeldLock>();
  readonly #planned = new Map<string, Planned>();
  readonly #listeners = new Set<(outcome: Outcome) => void>();
  /** Writes of a token older than the one kept, which the generation check has refused. */
  refusedWrites = 0;

  constructor(private readonly time: VirtualTime) {}

  listen(listener: (outcome: Outcome) => void): void {
    this.#listeners.add(listener);
  }

  token(key: string): Token | undefined {
    const kept = this.#tokens.get(key);
    return kept && kept.remaining(this.time.now()) > 0 ? kept : undefined;
  }

  /** Checks the generation, writes, releases the writer's lock and tells everybody: one step. */
  put(key: string, token: Token, owner?: object): void {
    if (this.#locks.get(key)?.owner === owner) this.#locks.delete(key);
    const kept = this.token(key);
    if (kept !== undefined && kept.generation >= token.generation) {
      this.refusedWrites++;
      return;
    }
    this.#tokens.set(key, token);
    this.#publish({ key, generation: token.generation });
  }

  lock(key: string, owner: object): boolean {
    const held = this.#locks.get(key);
    if (held !== undefined && held.until > this.time.now()) return false;
    this.#locks.set(key, { owner, until: this.time.now() + lockLife });
    return true;
  }

  extend(key: string, owner: object): boolean {
    const held = this.#locks.get(key);
    if (held?.owner !== owner || held.until <= this.time.now()) return false;
    held.until = this.time.now() + lockLife;
    return true;
  }

  release(key: string, owner: object, failure?: UpstreamFailure): void {
    if (this.#locks.get(key)?.owner !== owner) return;
    this.#locks.delete(key);
    this.#publish({ key, failure });
  }

  plan(request: TokenRequest, at: number): void {
    this.#planned.set(request.key, { request, at });
  }

  isPlanned({ key }: TokenRequest): boolean {
    return this.#planned.has(key);
  }

  /** Sets forward what it hands out, so that it is due again should the taker die. */
  takeDue(limit: number, ahead: number): Planned[] {
    const now = this.time.now();
    const due = [...this.#planned.values()].filter(({ at }) => at <= now + ahead).slice(0, limit);
    for (const { request } of due) this.#planned.set(request.key, { request, at: now + scheduleLease });
    return due;
  }

  /** A failover to a replica that has not got the locks yet. */
  loseLocks(): void {
    this.#locks.clear();
  }

  /** It was killed, and came back empty. */
  loseAll(): void {
    this.#tokens.clear();
    this.#locks.clear();
    this.#planned.clear();
  }

  #publish(outcome: Outcome): void {
    for (const listener of this.#listeners) listener(outcome);
  }
}
