import { LRUCache } from 'lru-cache';
import type { Clock } from '../model/clock.js';
import { CooldownStore, nameOf, type Cooldown, type CooldownTarget } from '../ports/cooldown-store.js';
import { lruOfEntries } from '../model/limits.js';
import type { UpstreamFailure } from '../model/failures.js';

interface Failing {
  target: CooldownTarget;
  failures: number;
  until: number;
  failure: UpstreamFailure;
  /** One attempt has been let through, and `until` is when its time is up. */
  probing: boolean;
}

/** The cool-downs of a process that is alone. Bounded: the least recently used are forgotten first. */
export class MemoryCooldownStore extends CooldownStore {
  readonly #failing = new LRUCache<string, Failing>(lruOfEntries(10_000));

  constructor(private readonly clock: Clock) {
    super();
  }

  override async admit(targets: readonly CooldownTarget[], lease: number): Promise<Cooldown | undefined> {
    const now = this.clock.now();
    const known = targets
      .map((target) => this.#failing.get(nameOf(target)))
      .filter((one) => one !== undefined);
    const cooling = known.find((one) => one.until > now);
    if (cooling !== undefined) {
      return { target: cooling.target, remaining: cooling.until - now, failure: cooling.failure };
    }
    for (const one of known) {
      one.probing = true;
      one.until = now + lease;
    }
    return undefined;
  }

  override async look(targets: readonly CooldownTarget[]): Promise<Cooldown[]> {
    const now = this.clock.now();
    return targets.flatMap((target) => {
      const known = this.#failing.peek(nameOf(target));
      return known === undefined ? [] : [{ target, remaining: known.until - now, failure: known.failure }];
    });
  }

  override async failed(
    target: CooldownTarget,
    failure: UpstreamFailure,
    delay: (failures: number) => number,
  ): Promise<number> {
    const now = this.clock.now();
    const before = this.#failing.get(nameOf(target));
    // Attempts that were under way together fail together: that is one failure, not many.
    const together = before !== undefined && !before.probing && before.until > now;
    const failures = together ? before.failures : (before?.failures ?? 0) + 1;
    const until = Math.max(now + delay(failures), together ? before.until : 0);
    this.#failing.set(nameOf(target), { target, failures, until, failure, probing: false });
    return until - now;
  }

  override async succeeded(targets: readonly CooldownTarget[]): Promise<void> {
    for (const target of targets) this.#failing.delete(nameOf(target));
  }

  override async forgetRequests(): Promise<void> {
    for (const [key, { target }] of this.#failing.entries()) {
      if (target.scope === 'request') this.#failing.delete(key);
    }
  }
}
