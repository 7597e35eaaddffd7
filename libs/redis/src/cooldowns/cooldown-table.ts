import { readEntries } from '../connection/entries.js';
import type { CooldownTarget } from '#tokens/ports/cooldown-store.js';
import { longestRetryAfter, type UpstreamFailure } from '#tokens/model/failures.js';
import { parseJsonObject } from '#tokens/model/json-object.js';
import { Turns } from '#tokens/model/turns.js';
import type { TrustedTime } from '#tokens/trusted-time.js';
import { failureRecord, parseFailureRecord } from '../channel/failure-record.js';
import { LuaScript } from '../connection/lua-script.js';
import { clockTolerance } from '../connection/redis-clock.js';
import type { RedisParts } from '../connection/redis-parts.js';

/** A target that has failed and not succeeded since. */
export interface FailedBefore {
  target: CooldownTarget;
  record: CooldownRecord;
  failure: UpstreamFailure;
  turns: Turns;
  /** Unix time in milliseconds; NaN when a replica of version 0.1.0 has written it. */
  endsAt: number;
  /** Milliseconds to go: the least that the clock of Redis, the sealed end and its own length allow. */
  remaining: number;
}

export interface CooldownLook {
  found: FoundCooldown[];
  /** Whether nothing of this client cools down: none of its other credentials and requests either. */
  nothingAtAll: boolean;
}

/** What lies in Redis about a target. */
export interface FoundCooldown {
  target: CooldownTarget;
  raw: Buffer | undefined;
  /** Undefined also when what is there does not open. */
  before?: FailedBefore | undefined;
}

export interface CooldownChange {
  target: CooldownTarget;
  /** What it must be for the change to be made. */
  from: Buffer | CooldownRecord | undefined;
  to: CooldownRecord;
}

const replaceEntries = new LuaScript(new URL('./replace-entries.lua', import.meta.url));

/** Milliseconds: an hour is the longest that a `Retry-After` is obeyed, and up to a tenth is added. */
const longest = 1.1 * longestRetryAfter;

/** Milliseconds after a cool-down for which its failures count. */
const remembered = 2 * 60 * 60_000;

/** Cool-downs as they lie in Redis: those of a client, its credentials and its requests in one slot. */
export class CooldownTable {
  constructor(private readonly parts: RedisParts) {}

  /** Of targets of this client, in the order asked for: one round trip. */
  async read(client: string, targets: readonly CooldownTarget[]): Promise<CooldownLook> {
    const { redis, keys, onRepair } = this.parts;
    const names = targets.map((target) => this.#keyOf(target));
    const entries = await readEntries(redis, [...names, keys.anyCooldown(client)], onRepair);
    const found = targets.map((target, n) => {
      const raw = entries[n]?.value;
      return { target, raw, before: raw && this.#open(target, raw) };
    });
    return { found, nothingAtAll: entries.every((entry) => entry === undefined) };
  }

  /** Makes all changes, which must be of this client, or none when anything is not as it must be. */
  async replace(client: string, changes: readonly CooldownChange[]): Promise<boolean> {
    const { redis, redisClock, keys } = this.parts;
    const last = Math.max(...changes.map(({ to }) => to.until));
    const life = Math.max(0, last - redisClock.now()) + remembered;
    const names = [...changes.map(({ target }) => this.#keyOf(target)), keys.anyCooldown(client)];
    const values = changes.flatMap(({ from, to }) => [valueOf(from), valueOf(to)]);
    return (await replaceEntries.run(redis, names, [life, ...values])) === 1;
  }

  async clear(targets: readonly CooldownTarget[]): Promise<void> {
    await this.parts.redis.del(targets.map((target) => this.#keyOf(target)));
  }

  /**
   * The turns, and the end by the time of day of who writes it, lie in what is sealed, where a replica of version 0.1.0
   * passes over them. `endsAt`: Unix time in milliseconds; by default that of `until`.
   */
  seal(
    target: CooldownTarget,
    { failure, turns }: Pick<FailedBefore, 'failure' | 'turns'>,
    until: number,
    endsAt = this.#wall.now() + until - this.parts.redisClock.now(),
  ): Buffer {
    const more = { turns: String(turns), until, endsAt: Math.round(endsAt) };
    return this.parts.ring.seal(failureRecord(failure, more), this.#keyOf(target));
  }

  get #wall(): TrustedTime {
    return this.parts.redisClock.wall;
  }

  #open(target: CooldownTarget, raw: Buffer): FailedBefore | undefined {
    const record = parseCooldownRecord(raw);
    const opened = record && this.parts.ring.open(record.sealed, this.#keyOf(target));
    const text = opened?.toString() ?? '';
    const failure = parseFailureRecord(text);
    if (record === undefined || failure === undefined) return undefined;
    const fields = parseJsonObject(text);
    const endsAt = fields?.get('until') === record.until ? Number(fields.get('endsAt')) : NaN;
    if (!this.#isPlausible(record, endsAt)) {
      this.parts.onRepair();
      return undefined;
    }
    const turns = Turns.parse(fields?.get('turns'));
    return { target, record, failure, turns, endsAt, remaining: this.#remaining(record, endsAt) };
  }

  /** The instants of the clock of Redis stand in clear, so a writer to Redis could hold a client back for ever. */
  #isPlausible({ since, until }: CooldownRecord, endsAt: number): boolean {
    if (Number.isFinite(endsAt)) return true;
    const now = this.parts.redisClock.now();
    return until <= now + longest && since <= now + clockTolerance;
  }

  /** When the clock of Redis was set back, what is sealed says how long it is still. */
  #remaining({ since, until, probing }: CooldownRecord, endsAt: number): number {
    const byRedis = Math.min(until - this.parts.redisClock.now(), probing ? Infinity : until - since);
    return Number.isFinite(endsAt) ? Math.min(byRedis, endsAt - this.#wall.now()) : byRedis;
  }

  #keyOf({ scope, client, name }: CooldownTarget): string {
    return this.parts.keys.cooldown(client, name === undefined ? scope : `${scope}:${name}`);
  }
}

function valueOf(value: Buffer | CooldownRecord | undefined): Buffer | string {
  if (value === undefined || Buffer.isBuffer(value)) return value ?? '';
  return formatCooldownRecord(value);
}

/** The cool-down of one target. Instants in milliseconds of the Redis server's clock. */
export interface CooldownRecord {
  /** When it began. */
  since: number;
  /** When it is over, or the time of the attempt that has been let through. */
  until: number;
  /** In a row. */
  failures: number;
  /** One attempt has been let through. */
  probing: boolean;
  /** The failure that began it. */
  sealed: Buffer;
}

const format = /^(\d{1,15}) (\d{1,15}) (\d{1,9}) ([cp]) /;

/** In clear except the failure: `since until failures c|p`, then what is sealed. */
export function formatCooldownRecord({ since, until, failures, probing, sealed }: CooldownRecord): Buffer {
  return Buffer.concat([Buffer.from(`${since} ${until} ${failures} ${probing ? 'p' : 'c'} `), sealed]);
}

/** Undefined for whatever `formatCooldownRecord` has not made. */
export function parseCooldownRecord(bytes: Buffer): CooldownRecord | undefined {
  const parts = format.exec(bytes.toString('latin1', 0, 48));
  if (parts === null) return undefined;
  const [start, since, until, failures, state] = parts;
  return {
    since: Number(since),
    until: Number(until),
    failures: Number(failures),
    probing: state === 'p',
    sealed: bytes.subarray(start.length),
  };
}
