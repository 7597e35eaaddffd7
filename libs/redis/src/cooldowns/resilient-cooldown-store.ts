import {
  type Cooldown,
  CooldownStore,
  type CooldownTarget,
  type FailedAttempt,
} from '#tokens/ports/cooldown-store.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import { type OnFallback, withFallback } from '../connection/circuit-breaker.js';

/**
 * The cool-downs of all replicas, and those of this replica alone: what it could not write to Redis, and what may be its own
 * fault. They hold it back when Redis is there again, too. No method but `look` throws.
 */
export class ResilientCooldownStore extends CooldownStore {
  constructor(
    private readonly shared: CooldownStore,
    private readonly own: CooldownStore,
    private readonly onFallback: OnFallback,
  ) {
    super();
  }

  override async admit(targets: readonly CooldownTarget[], lease: number): Promise<Cooldown | undefined> {
    const cooldown = await this.own.admit(targets, lease);
    if (cooldown !== undefined) return cooldown;
    return this.#orAlone('admit', () => this.shared.admit(targets, lease));
  }

  /** With those that this replica could not write to Redis. Throws as Redis does: not to know is not the same as none. */
  override async look(targets: readonly CooldownTarget[]): Promise<Cooldown[]> {
    const own = await this.own.look(targets);
    return [...own, ...(await this.shared.look(targets))];
  }

  override async failed(
    target: CooldownTarget,
    failure: UpstreamFailure,
    delay: (failures: number) => number,
    attempt: FailedAttempt = {},
  ): Promise<number> {
    const failed = (store: CooldownStore) => store.failed(target, failure, delay, attempt);
    if (attempt.isOwnFault) return failed(this.own);
    return withFallback(
      'failed',
      () => failed(this.shared),
      () => failed(this.own),
      this.onFallback,
    );
  }

  override async succeeded(targets: readonly CooldownTarget[]): Promise<void> {
    await this.own.succeeded(targets);
    await this.#orAlone('succeeded', () => this.shared.succeeded(targets));
  }

  override async forgetRequests(): Promise<void> {
    await this.own.forgetRequests();
    await this.#orAlone('forgetRequests', () => this.shared.forgetRequests());
  }

  #orAlone<T>(operation: string, act: () => Promise<T>): Promise<T | undefined> {
    return withFallback(operation, act, () => undefined, this.onFallback);
  }
}
