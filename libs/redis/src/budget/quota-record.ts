import { QuotaLedger } from '#tokens/model/quota.js';
import { LuaScript } from '../connection/lua-script.js';
import { RedisUnavailable } from '../connection/redis-failure.js';
import type { RedisParts } from '../connection/redis-parts.js';

const replace = new LuaScript(new URL('./replace.lua', import.meta.url));

/** Milliseconds: longer than the longest window. */
const life = 33 * 24 * 3_600_000;

/** How often what other replicas have changed meanwhile is looked at again. */
const attempts = 50;

interface Change {
  apply(ledger: QuotaLedger): QuotaLedger;
  done(): void;
  failed(cause: unknown): void;
}

/**
 * What is known of the quotas of one client: a record in Redis that is replaced unless another replica was faster, and
 * sealed, as counts of a month that no replica has written would stop a client for a month.
 */
export class QuotaRecord {
  /** What the record says, as this replica has last seen it. */
  seen = QuotaLedger.empty;
  /** What this replica has counted while Redis was down, and no other knows of. */
  unshared = QuotaLedger.empty;
  /** What was known when Redis went down, and what this replica has counted since; until that has settled. */
  alone: { before: QuotaLedger; counted: QuotaLedger } | undefined;
  #sha1 = '';
  /** Changes of this replica: those that come while one is under way go together. */
  readonly #waiting: Change[] = [];
  #isBusy = false;

  constructor(
    private readonly parts: RedisParts,
    private readonly key: string,
  ) {}

  /**
   * Adds what this replica has counted alone, too.
   * @param change returns what is to be kept, or nothing when nothing changes
   * @throws RedisUnavailable
   */
  change<T extends { ledger?: QuotaLedger }>(change: (ledger: QuotaLedger) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      const apply = (ledger: QuotaLedger) => (result = change(ledger)).ledger ?? ledger;
      this.#waiting.push({ apply, done: () => resolve(result), failed: reject });
      if (!this.#isBusy) void this.#drain();
    });
  }

  /** Reads what other replicas have counted, and adds what this one has counted alone. @throws RedisUnavailable */
  async refresh(): Promise<void> {
    if (this.unshared !== QuotaLedger.empty) {
      await this.change((ledger) => ({ ledger }));
      return;
    }
    const { redis, health } = this.parts;
    this.#note(await health.attempt(() => redis.getrange(this.key, 0, 8_191)));
  }

  async #drain(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const changes = this.#waiting.splice(0);
      try {
        await this.#replace(changes);
        for (const { done } of changes) done();
      } catch (cause) {
        for (const { failed } of changes) failed(cause);
      }
    }
    this.#isBusy = false;
  }

  async #replace(changes: readonly Change[]): Promise<void> {
    const { redis, health, ring } = this.parts;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { seen, unshared } = this;
      const next = changes.reduce((ledger, { apply }) => apply(ledger), seen.plus(unshared));
      if (next === seen) return;
      const args = [this.#sha1, ring.seal(String(next), this.key).toString('base64'), life];
      const reply = await health.attempt(() => replace.run(redis, [this.key], args));
      const [sha1, text] = reply as [string, string?];
      this.#sha1 = sha1;
      if (text !== undefined) {
        this.#note(text);
        continue;
      }
      this.seen = next;
      // What was counted alone meanwhile counts twice then: a quota may be left a little, and is never exceeded.
      if (this.unshared === unshared) this.unshared = QuotaLedger.empty;
      return;
    }
    throw new RedisUnavailable('the record of a quota is changed by too many replicas at once');
  }

  /** A Redis that has lost the record, or that failed over to one with an older one, is reminded of what was seen before. */
  #note(text: string): void {
    const { redisClock, ring, onRepair } = this.parts;
    const opened = ring.open(Buffer.from(text, 'base64'), this.key)?.toString();
    // What no replica has sealed for this client counts as nothing.
    if (opened === undefined && text !== '') onRepair();
    const now = redisClock.now();
    this.seen = QuotaLedger.parse(opened ?? '', now).merged(this.seen, now);
  }
}
