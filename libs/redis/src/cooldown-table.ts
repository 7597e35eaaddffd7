import type { CooldownTarget } from '#tokens/cooldown-store.js';
import type { UpstreamFailure } from '#tokens/failures.js';
import { type CooldownRecord, formatCooldownRecord, parseCooldownRecord } from './cooldown-record.js';
import { failureRecord, parseFailureRecord } from './failure-record.js';
import { JointReads } from './joint-reads.js';
import { LuaScript } from './lua-script.js';
import type { RedisParts } from './redis-parts.js';

/** A target that has failed and not succeeded since. */
export interface FailedBefore {
  target: CooldownTarget;
  record: CooldownRecord;
  failure: UpstreamFailure;
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

/** Milliseconds after a cool-down for which its failures count. */
const remembered = 2 * 60 * 60_000;

/** Cool-downs as they lie in Redis: those of a client, its credentials and its requests in one slot. */
export class CooldownTable {
  readonly #reads: JointReads;

  constructor(private readonly parts: RedisParts) {
    this.#reads = new JointReads(parts.redis);
  }

  /** Of targets of one client, in the order asked for: one command at the most. */
  async read(targets: readonly CooldownTarget[]): Promise<FoundCooldown[]> {
    const [first] = targets;
    if (first === undefined) return [];
    const names = targets.map((target) => this.#keyOf(target));
    const raws = await this.#reads.read(first.client, names);
    return targets.map((target, n) => ({
      target,
      raw: raws[n],
      before: raws[n] && this.#open(target, raws[n]),
    }));
  }

  /** Makes all changes, which must be of one client, or none when anything is not as it must be. */
  async replace(changes: readonly CooldownChange[]): Promise<boolean> {
    const { redis, redisClock } = this.parts;
    const last = Math.max(...changes.map(({ to }) => to.until));
    const life = Math.max(0, last - redisClock.now()) + remembered;
    const keys = changes.map(({ target }) => this.#keyOf(target));
    const values = changes.flatMap(({ from, to }) => [bytes(from), bytes(to)]);
    return (await replaceEntries.run(redis, keys, [life, ...values])) === 1;
  }

  async clear(targets: readonly CooldownTarget[]): Promise<void> {
    await this.parts.redis.del(targets.map((target) => this.#keyOf(target)));
  }

  seal(target: CooldownTarget, failure: UpstreamFailure): Buffer {
    return this.parts.ring.seal(failureRecord(failure), this.#keyOf(target));
  }

  #open(target: CooldownTarget, raw: Buffer): FailedBefore | undefined {
    const record = parseCooldownRecord(raw);
    const opened = record && this.parts.ring.open(record.sealed, this.#keyOf(target));
    const failure = opened && parseFailureRecord(opened.toString());
    return record && failure && { target, record, failure };
  }

  #keyOf({ scope, client, name }: CooldownTarget): string {
    return this.parts.keys.cooldown(client, name === undefined ? scope : `${scope}:${name}`);
  }
}

function bytes(value: Buffer | CooldownRecord | undefined): Buffer | string {
  if (value === undefined || Buffer.isBuffer(value)) return value ?? '';
  return formatCooldownRecord(value);
}
