import { LRUCache } from 'lru-cache';
import {
  type Cooldown,
  CooldownStore,
  type CooldownTarget,
  type FailedAttempt,
  keyIn,
  nameOf,
  probePoll,
} from '#tokens/ports/cooldown-store.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import { turnKeptFor, Turns } from '#tokens/model/turns.js';
import { CooldownTable, type FailedBefore, type FoundCooldown } from './cooldown-table.js';
import type { RedisParts } from '../connection/redis-parts.js';

/** How often what another replica has changed meanwhile is looked at again. */
const attempts = 3;

/** Milliseconds for which a client of which nothing cools down is not looked at again, unless a failure is published. */
const clearCacheTtl = 250;

/**
 * The cool-downs of all replicas: learnt by each when it next asks to be admitted. While nothing has failed, admitting
 * costs one command, or none soon after another, and success none. The replica that decides has read what is there and writes only
 * while that still is so: thus of all replicas one is let through. What fails throws RedisUnavailable or RedisMisuse.
 */
export class RedisCooldownStore extends CooldownStore {
  readonly #table: CooldownTable;
  /** Targets of which Redis knows something, as far as this replica has seen. */
  readonly #recorded = new LRUCache<string, true>(lruOfEntries(10_000));
  /** Client identity -> when nothing of that client cooled down. */
  readonly #clear = new LRUCache<string, number>(lruOfEntries(1_000));
  /**
   * Requests refused before this instant of the monotonic clock are free again. Each replica passes over them by
   * itself once it has new settings, so nothing need be searched for in Redis; those that still have the old settings
   * are held back as before.
   */
  #forgottenUntil = -Infinity;

  constructor(
    private readonly parts: RedisParts,
    /** False while this replica may have missed that something failed. */
    private readonly receivesFailures: () => boolean,
  ) {
    super();
    this.#table = new CooldownTable(parts);
  }

  override admit(targets: readonly CooldownTarget[], lease: number): Promise<Cooldown | undefined> {
    return this.parts.health.attempt(async () => {
      if (this.#isClear(targets)) return undefined;
      const key = keyIn(targets);
      for (let attempt = 1; ; attempt++) {
        const failed = (await this.#read(targets)).flatMap(({ before }) => before ?? []);
        const cooling = failed.find(({ remaining }) => remaining > 0);
        if (cooling !== undefined) return this.#await(cooling, key);
        if (failed.length === 0) return undefined;
        const another = failed.find(
          ({ turns, remaining }) => key !== undefined && !turns.isOf(key) && remaining > -turnKeptFor,
        );
        if (another !== undefined) return cooldown(another, another.remaining + turnKeptFor);
        const until = Math.round(this.parts.redisClock.now() + lease);
        if (await this.#letThrough(failed, until)) return undefined;
        if (attempt === attempts) return cooldown(failed[0]!, probePoll);
      }
    });
  }

  override look(targets: readonly CooldownTarget[]): Promise<Cooldown[]> {
    return this.parts.health.attempt(async () => {
      const failed = (await this.#read(targets)).flatMap(({ before }) => before ?? []);
      return failed.map((one) => cooldown(one, one.remaining));
    });
  }

  override failed(
    target: CooldownTarget,
    failure: UpstreamFailure,
    delay: (failures: number) => number,
    { key }: FailedAttempt = {},
  ): Promise<number> {
    const recording = this.parts.health.attempt(async () => {
      for (let attempt = 1; ; attempt++) {
        const [{ raw, before }] = (await this.#read([target])) as [FoundCooldown];
        const since = this.parts.redisClock.now();
        // Attempts that were under way together fail together: that is one failure, not many.
        const cooling = before?.record.probing === false && before.remaining > 0 ? before : undefined;
        const failures = cooling?.record.failures ?? (before?.record.failures ?? 0) + 1;
        const until = since + Math.round(Math.max(delay(failures), cooling?.remaining ?? 0));
        const known = before?.turns ?? Turns.none;
        const turns = key === undefined ? known : known.withTried(key);
        const sealed = this.#table.seal(target, { failure, turns }, until);
        const to = { since, until, failures, probing: false, sealed };
        const isWritten = await this.#table.replace(target.client, [{ target, from: raw, to }]);
        this.#recorded.set(nameOf(target), true);
        // Not written at last: others have failed just now, and their cool-down stands.
        if (isWritten || attempt === attempts) return until - since;
      }
    });
    return recording.finally(() => this.#clear.delete(target.client));
  }

  override async succeeded(targets: readonly CooldownTarget[]): Promise<void> {
    const recorded = targets.filter((target) => this.#recorded.has(nameOf(target)));
    if (recorded.length === 0) return;
    await this.parts.health.attempt(() => this.#table.clear(recorded));
    for (const target of recorded) this.#recorded.delete(nameOf(target));
  }

  override async forgetRequests(): Promise<void> {
    this.#forgottenUntil = this.parts.clock.now();
  }

  /** Something has failed: each client is looked at again. */
  noteFailure(): void {
    this.#clear.clear();
  }

  /** Notes that this request waits: one write of one of them for each cool-down, and none when another was faster. */
  async #await(cooling: FailedBefore, key: string | undefined): Promise<Cooldown> {
    const { target, record, failure, turns, endsAt, remaining } = cooling;
    const waiting = key === undefined || target.scope === 'request' ? turns : turns.withWaiting(key);
    if (waiting !== turns) {
      const end = Number.isNaN(endsAt) ? undefined : endsAt;
      const sealed = this.#table.seal(target, { failure, turns: waiting }, record.until, end);
      await this.#table.replace(target.client, [{ target, from: record, to: { ...record, sealed } }]);
    }
    return cooldown(cooling, record.probing ? Math.min(remaining, probePoll) : remaining);
  }

  /** Makes the caller's the one attempt for all that have failed, until this instant; returns whether no other was faster. */
  #letThrough(failed: readonly FailedBefore[], until: number): Promise<boolean> {
    return this.#table.replace(
      failed[0]!.target.client,
      failed.map(({ target, record, ...rest }) => {
        const sealed = this.#table.seal(target, rest, until);
        return { target, from: record, to: { ...record, probing: true, until, sealed } };
      }),
    );
  }

  async #read(targets: readonly CooldownTarget[]): Promise<FoundCooldown[]> {
    const [first] = targets;
    if (first === undefined) return [];
    const now = this.parts.clock.now();
    const { found, nothingAtAll } = await this.#table.read(first.client, targets);
    if (nothingAtAll) this.#clear.set(first.client, now);
    else this.#clear.delete(first.client);
    for (const { target, raw } of found) {
      if (raw === undefined) this.#recorded.delete(nameOf(target));
      else this.#recorded.set(nameOf(target), true);
    }
    return found.map(({ before, ...rest }) => (this.#isForgotten(before) ? rest : { ...rest, before }));
  }

  #isClear([first]: readonly CooldownTarget[]): boolean {
    const clearAt = first && this.#clear.get(first.client);
    if (clearAt === undefined || !this.receivesFailures()) return false;
    return this.parts.clock.now() - clearAt < clearCacheTtl;
  }

  #isForgotten(before: FailedBefore | undefined): boolean {
    if (before?.target.scope !== 'request') return false;
    return this.parts.redisClock.toLocal(before.record.since) <= this.#forgottenUntil;
  }
}

function cooldown({ target, failure }: FailedBefore, remaining: number): Cooldown {
  return { target, failure, remaining };
}
