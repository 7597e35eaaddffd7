import type { Client } from './model/client.js';
import { UpstreamFailure } from './model/failures.js';
import { parseJsonObject } from './model/json-object.js';
import { ScopeSet } from './model/scope-set.js';
import { digest } from './model/secret.js';
import type { CooldownStore, CooldownTarget } from './ports/cooldown-store.js';
import type { RenewalLock } from './ports/renewal-lock.js';
import type { TokenEvents } from './ports/token-events.js';

/** The public keys of an authorization server, and the clients whose tokens they sign. */
export interface KeySet {
  /** Where it is, as the settings have it: by this name the replicas share what they know of it. */
  address: string;
  clients: readonly Client[];
  /** Milliseconds between two reads, of all replicas together. */
  interval: number;
  /** Undefined where nothing can be concluded from it. @throws UpstreamFailure when it cannot be read */
  read(): Promise<ReadonlySet<string> | undefined>;
}

/** Milliseconds for which the tokens of a client are left alone when new ones are signed by a key that is not published. */
const passedOverFor = 3_600_000;

/** Clients that are passed over, at most. */
const maxPassedOver = 100;

/** Looks at all tokens after a change: a token may have been signed by the former key just before. */
const looksAfterChange = 2;

interface Fields {
  /** A digest of the ids of all keys. */
  keys: string;
  /** How often all tokens are to be looked at. */
  looks: number;
  /** Digests of the names of clients -> Unix time in milliseconds until which they are passed over. */
  passedOver: Readonly<Record<string, number>>;
}

/** What the replicas know together of the keys that an authorization server publishes. */
export class KeySetRecord {
  private constructor(private readonly fields: Fields) {}

  /** Of none, or of what is no record: one that has seen nothing yet. */
  static parse(text = ''): KeySetRecord {
    const fields = parseJsonObject(text);
    const [keys, looks, passedOver] = ['keys', 'looks', 'passedOver'].map((name) => fields?.get(name));
    return new KeySetRecord({
      keys: typeof keys === 'string' ? keys : '',
      looks: typeof looks === 'number' ? looks : looksAfterChange,
      passedOver: Object(passedOver) as Fields['passedOver'],
    });
  }

  toString(): string {
    return JSON.stringify(this.fields);
  }

  /** Whether the tokens of all replicas have been looked at since the keys have changed. */
  get isSettled(): boolean {
    return this.fields.looks <= 0;
  }

  isPassedOver(client: string, now: number): boolean {
    return (this.fields.passedOver[digest([client])] ?? 0) > now;
  }

  /** With other keys, the tokens of all clients are looked at anew. */
  read(ids: ReadonlySet<string>): KeySetRecord {
    const keys = digest([...ids].toSorted());
    return keys === this.fields.keys
      ? this
      : new KeySetRecord({ keys, looks: looksAfterChange, passedOver: {} });
  }

  looked(): KeySetRecord {
    const { looks } = this.fields;
    return looks <= 0 ? this : new KeySetRecord({ ...this.fields, looks: looks - 1 });
  }

  passOver(client: string, now: number): KeySetRecord {
    const before = Object.entries(this.fields.passedOver).filter(([, until]) => until > now);
    const all = [...before, [digest([client]), now + passedOverFor]].slice(-maxPassedOver);
    return new KeySetRecord({ ...this.fields, passedOver: Object.fromEntries(all) as Fields['passedOver'] });
  }
}

export interface SharedKeySetsParts {
  lock: RenewalLock;
  cooldowns: Pick<CooldownStore, 'look' | 'failed'>;
}

/** Key sets, of which one replica at a time reads each. What is known of them is kept beside the cool-downs, for all replicas. */
export class SharedKeySets {
  constructor(
    private readonly parts: SharedKeySetsParts,
    private readonly events: TokenEvents,
  ) {}

  /** Undefined when another replica has read it within the interval or reads it now, and when there is nothing to conclude. */
  async read(set: KeySet): Promise<{ ids: ReadonlySet<string>; record: KeySetRecord } | undefined> {
    if ((await this.#known(set)).remaining > 0) return undefined;
    const client = set.clients[0] as Client;
    const request = client.request(ScopeSet.empty, [`keys:${set.address}`]);
    const acquisition = await this.parts.lock.acquire(request);
    if (acquisition.outcome === 'held') return undefined;
    const lease = acquisition.outcome === 'acquired' ? acquisition.lease : undefined;
    try {
      const { remaining, record } = await this.#known(set);
      if (remaining > 0) return undefined;
      const ids = await this.#ids(set, client);
      const next = ids === undefined ? record : record.read(ids);
      await this.keep(set, next, set.interval);
      return ids && { ids, record: next };
    } finally {
      await lease?.release();
    }
  }

  /** @param wait milliseconds in which no replica reads it */
  async keep(set: KeySet, record: KeySetRecord, wait = 0): Promise<void> {
    const kept = new UpstreamFailure('unchanged', String(record));
    await this.parts.cooldowns.failed(targetOf(set), kept, () => wait);
  }

  async #ids(set: KeySet, client: Client): Promise<ReadonlySet<string> | undefined> {
    try {
      const ids = await set.read();
      this.events.emit({ type: 'keys_read', client, outcome: ids === undefined ? 'undecidable' : 'ok' });
      return ids;
    } catch (cause) {
      this.events.emit({ type: 'keys_read', client, outcome: 'failed', cause });
      return undefined;
    }
  }

  /** While the shared store is down each replica reads for itself. */
  async #known(set: KeySet): Promise<{ record: KeySetRecord; remaining: number }> {
    const found = await this.parts.cooldowns.look([targetOf(set)]).catch(() => []);
    const last = found.at(-1);
    return { record: KeySetRecord.parse(last?.failure.message), remaining: last?.remaining ?? 0 };
  }
}

/** It holds no attempt back: no credential has this name. */
function targetOf({ address }: KeySet): CooldownTarget {
  return { scope: 'credential', client: digest(['keys', address]), name: 'keys' };
}
