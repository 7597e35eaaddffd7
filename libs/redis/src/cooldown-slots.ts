import type { CooldownTarget } from '#tokens/cooldown-store.js';
import type { UpstreamFailure } from '#tokens/failures.js';
import { type CooldownRecord, formatCooldownRecord, parseCooldownRecord } from './cooldown-record.js';
import { failureRecord, parseFailureRecord } from './failure-record.js';
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

const replaceFields = new LuaScript(new URL('./replace-fields.lua', import.meta.url));

/** Milliseconds after a cool-down for which its failures count. So long that no other field of the hash goes too early. */
const remembered = 2 * 60 * 60_000;

/** Cool-downs as they lie in Redis: a hash for a client and its credentials, and a hash for each request. */
export class CooldownSlots {
  constructor(private readonly parts: RedisParts) {}

  /** In the order asked for. One command for each hash. */
  async read(targets: readonly CooldownTarget[]): Promise<FoundCooldown[]> {
    const slots = Map.groupBy(targets, (target) => this.slotOf(target));
    const found = await Promise.all([...slots].map(([slot, some]) => this.#readSlot(slot, some)));
    const order = new Map(targets.map((target, position) => [target, position]));
    return found.flat().toSorted((a, b) => order.get(a.target)! - order.get(b.target)!);
  }

  /** Makes all changes, which must be in one slot, or none when anything is not as it must be. */
  async replace(changes: readonly CooldownChange[]): Promise<boolean> {
    const { redis, redisClock } = this.parts;
    const last = Math.max(...changes.map(({ to }) => to.until));
    const life = Math.max(0, last - redisClock.now()) + remembered;
    const fields = changes.flatMap(({ target, from, to }) => [fieldOf(target), bytes(from), bytes(to)]);
    return (await replaceFields.run(redis, [this.slotOf(changes[0]!.target)], [life, ...fields])) === 1;
  }

  async clear(targets: readonly CooldownTarget[]): Promise<void> {
    const slots = Map.groupBy(targets, (target) => this.slotOf(target));
    await Promise.all([...slots].map(([slot, some]) => this.parts.redis.hdel(slot, ...some.map(fieldOf))));
  }

  seal(target: CooldownTarget, failure: UpstreamFailure): Buffer {
    return this.parts.ring.seal(failureRecord(failure), this.#bond(target));
  }

  /** The hash in which it lies. The name of a credential starts with the identity of its client. */
  slotOf({ scope, name }: CooldownTarget): string {
    const { keys } = this.parts;
    return scope === 'request' ? keys.refused(name) : keys.upstream(name.split(':', 1)[0]!);
  }

  async #readSlot(slot: string, targets: readonly CooldownTarget[]): Promise<FoundCooldown[]> {
    const raws = await this.parts.redis.hmgetBuffer(slot, ...targets.map(fieldOf));
    return targets.map((target, n) => {
      const raw = raws[n] ?? undefined;
      return { target, raw, before: raw && this.#open(target, raw) };
    });
  }

  #open(target: CooldownTarget, raw: Buffer): FailedBefore | undefined {
    const record = parseCooldownRecord(raw);
    const opened = record && this.parts.ring.open(record.sealed, this.#bond(target));
    const failure = opened && parseFailureRecord(opened.toString());
    return record && failure && { target, record, failure };
  }

  #bond(target: CooldownTarget): string {
    return `${this.slotOf(target)}\0${fieldOf(target)}`;
  }
}

function fieldOf({ scope, name }: CooldownTarget): string {
  return scope === 'credential' ? `credential${name.slice(name.indexOf(':'))}` : scope;
}

function bytes(value: Buffer | CooldownRecord | undefined): Buffer | string {
  if (value === undefined || Buffer.isBuffer(value)) return value ?? '';
  return formatCooldownRecord(value);
}
