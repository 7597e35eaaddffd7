import { LRUCache } from 'lru-cache';
import type { Clock } from '../model/clock.js';
import {
  CooldownStore,
  keyIn,
  nameOf,
  probePoll,
  type Cooldown,
  type CooldownTarget,
  type FailedAttempt,
} from '../ports/cooldown-store.js';
import { lruOfEntries } from '../model/limits.js';
import type { UpstreamFailure } from '../model/failures.js';
import { turnKeptFor, Turns } from '../model/turns.js';

interface Failing {
  target: CooldownTarget;
  failures: number;
  until: number;
  failure: UpstreamFailure;
  /** One attempt has been let through, and `until` is when its time is up. */
  probing: boolean;
  turns: Turns;
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
    const key = keyIn(targets);
    const cooling = known.find((one) => one.until > now);
    if (cooling !== undefined) {
      if (key !== undefined && cooling.target.scope !== 'request') {
        cooling.turns = cooling.turns.withWaiting(key);
      }
      const left = cooling.until - now;
      return cooldown(cooling, cooling.probing ? Math.min(left, probePoll) : left);
    }
    const another = known.find(
      ({ turns, until }) => key !== undefined && !turns.isOf(key) && until + turnKeptFor > now,
    );
    if (another !== undefined) return cooldown(another, another.until + turnKeptFor - now);
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
    { key }: FailedAttempt = {},
  ): Promise<number> {
    const now = this.clock.now();
    const before = this.#failing.get(nameOf(target));
    // Attempts that were under way together fail together: that is one failure, not many.
    const together = before !== undefined && !before.probing && before.until > now;
    const failures = together ? before.failures : (before?.failures ?? 0) + 1;
    const until = Math.max(now + delay(failures), together ? before.until : 0);
    const turns = before?.turns ?? Turns.none;
    this.#failing.set(nameOf(target), {
      target,
      failures,
      until,
      failure,
      probing: false,
      turns: key === undefined ? turns : turns.withTried(key),
    });
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

function cooldown({ target, failure }: Failing, remaining: number): Cooldown {
  return { target, failure, remaining };
}
