import { setImmediate } from 'node:timers/promises';
import type { MemoryTokenStore } from './memory/memory-token-store.js';
import type { Client } from './model/client.js';
import type { Clock } from './model/clock.js';
import { anyValid } from './model/demand.js';
import { UpstreamFailure } from './model/failures.js';
import { KeySetRecord } from './model/key-set-record.js';
import { ScopeSet } from './model/scope-set.js';
import { digest } from './model/secret.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';
import { jwtKeyId } from './model/unverified-jwt.js';
import type { CooldownStore, CooldownTarget } from './ports/cooldown-store.js';
import type { RenewalLock } from './ports/renewal-lock.js';
import type { PlannedPage, PlannedRenewals } from './ports/renewal-schedule.js';
import type { TokenEvents } from './ports/token-events.js';
import type { TokenCache } from './token-cache.js';
import type { TokenRenewal } from './token-renewal.js';

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

export interface KeyRemovalParts {
  cache: TokenCache;
  memory: MemoryTokenStore;
  schedule: PlannedRenewals;
  renewal: TokenRenewal;
  lock: RenewalLock;
  cooldowns: Pick<CooldownStore, 'look' | 'failed'>;
}

interface SignedToken {
  request: TokenRequest;
  token: Token;
}

/** Renewals at once: those that consumers wait for come between. */
const concurrency = 4;

const pageSize = 1_000;
const maxPages = 100;

/** Tokens that are looked at in one turn of the event loop. */
const slice = 200;

/**
 * Renews the tokens in use whose signing key the authorization server publishes no more: APIs refuse them as soon as they
 * read its keys again. One replica reads the keys at a time. What cannot be read, and what names no keys, changes nothing.
 */
export class KeyRemoval {
  #sets: readonly KeySet[] = [];
  /** Address -> instant of this replica's next look. */
  readonly #nextLook = new Map<string, number>();
  readonly #running = new Set<string>();

  constructor(
    private readonly parts: KeyRemovalParts,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
    private readonly chance: () => number,
  ) {}

  /** Those of the active settings. */
  replace(sets: readonly KeySet[]): void {
    this.#sets = sets;
    const addresses = new Set(sets.map(({ address }) => address));
    for (const address of this.#nextLook.keys()) {
      if (!addresses.has(address)) this.#nextLook.delete(address);
    }
  }

  /** To be called about each second: looks at what is due. */
  async check(): Promise<void> {
    const now = this.clock.now();
    const due = this.#sets.filter(({ address, interval }) => {
      // Not all at once, and not all replicas together.
      const at = this.#nextLook.get(address) ?? now + interval * this.chance();
      this.#nextLook.set(address, at);
      return at <= now && !this.#running.has(address);
    });
    if (due.length === 0) return;
    const signed = await this.#signedInMemory();
    await Promise.all(due.map((set) => this.#look(set, signed)));
  }

  async #look(set: KeySet, signed: readonly SignedToken[]): Promise<void> {
    const { address, interval, clients } = set;
    this.#nextLook.set(address, this.clock.now() + interval);
    const own = signed.filter(({ request }) => clients.some(({ name }) => name === request.client.name));
    // The keys of a server whose tokens are opaque are of no interest.
    if (own.length === 0) return;
    this.#running.add(address);
    try {
      const found = await this.#readBeforeOthers(set);
      if (found !== undefined) await this.#renewUnpublished(set, found.ids, found.record, own);
    } finally {
      this.#running.delete(address);
    }
  }

  /** Undefined when another replica has read it within the interval or reads it now, and when there is nothing to conclude. */
  async #readBeforeOthers(
    set: KeySet,
  ): Promise<{ ids: ReadonlySet<string>; record: KeySetRecord } | undefined> {
    const { address } = set;
    if ((await this.#known(set)).remaining > 0) return undefined;
    const client = set.clients[0] as Client;
    const acquisition = await this.parts.lock.acquire(client.request(ScopeSet.empty, [`keys:${address}`]));
    if (acquisition.outcome === 'held') return undefined;
    const lease = acquisition.outcome === 'acquired' ? acquisition.lease : undefined;
    try {
      const { remaining, record } = await this.#known(set);
      if (remaining > 0) return undefined;
      const ids = await this.#read(set, client);
      const next = ids === undefined ? record : record.read(ids);
      await this.#keep(set, next, set.interval);
      return ids && { ids, record: next };
    } finally {
      await lease?.release();
    }
  }

  async #read(set: KeySet, client: Client): Promise<ReadonlySet<string> | undefined> {
    try {
      const ids = await set.read();
      this.events.emit({ type: 'keys_read', client, outcome: ids === undefined ? 'undecidable' : 'ok' });
      return ids;
    } catch (cause) {
      this.events.emit({ type: 'keys_read', client, outcome: 'failed', cause });
      return undefined;
    }
  }

  async #renewUnpublished(
    set: KeySet,
    ids: ReadonlySet<string>,
    record: KeySetRecord,
    near: readonly SignedToken[],
  ): Promise<void> {
    const now = this.clock.wallTime();
    const all = record.isSettled ? near : await this.#withPlanned(set, near);
    const unpublished = all.filter(({ token }) => isUnpublished(token, ids));
    let next = record;
    let isWhole = true;
    for (const [name, tokens] of Map.groupBy(unpublished, ({ request }) => request.client.name)) {
      if (record.isPassedOver(name, now)) continue;
      const outcome = await this.#renewAll(tokens, ids);
      if (outcome === 'not published') next = next.passOver(name, now);
      isWhole &&= outcome !== 'failed';
    }
    if (isWhole) next = next.looked();
    if (next !== record) await this.#keep(set, next, 0);
  }

  /** Of one client. The first one shows whether new tokens are signed by a published key: otherwise the others stay. */
  async #renewAll(
    [first, ...others]: readonly SignedToken[],
    ids: ReadonlySet<string>,
  ): Promise<'ok' | 'not published' | 'failed'> {
    const { request, token } = first as SignedToken;
    const keyId = jwtKeyId(token.accessToken) as string;
    this.events.emit({ type: 'key_removed', client: request.client, keyId, tokens: 1 + others.length });
    const renewed = await this.#renew(first as SignedToken);
    if (renewed === undefined) return 'failed';
    if (isUnpublished(renewed, ids)) {
      const granted = String(renewed.scopes);
      this.events.emit({ type: 'response_anomaly', request, oddity: 'key_not_published', granted });
      return 'not published';
    }
    let outcome: 'ok' | 'failed' = 'ok';
    const work = async () => {
      for (let one = others.shift(); one !== undefined; one = others.shift()) {
        if ((await this.#renew(one)) === undefined) outcome = 'failed';
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return outcome;
  }

  /** Undefined when there is no new token: the next look tries again. */
  async #renew({ request, token }: SignedToken): Promise<Token | undefined> {
    try {
      const rejected = token.accessToken.sha256;
      return (await this.parts.renewal.renew(request, { trigger: 'key_removed', rejected })).token;
    } catch (error) {
      if (error instanceof UpstreamFailure) return undefined;
      throw error;
    }
  }

  async #signedInMemory(): Promise<SignedToken[]> {
    const signed: SignedToken[] = [];
    for (const [index, one] of this.parts.memory.snapshot().entries()) {
      if (index % slice === slice - 1) await setImmediate();
      if (jwtKeyId(one.token.accessToken) !== undefined) signed.push(one);
    }
    return signed;
  }

  /** With the tokens that other replicas have. */
  async #withPlanned({ clients }: KeySet, near: readonly SignedToken[]): Promise<SignedToken[]> {
    const found = new Map(near.map((one) => [one.request.key, one]));
    const identities = new Set(clients.map(({ identity }) => identity));
    let next: string | undefined = '';
    for (let page = 0; page < maxPages && next !== undefined; page++) {
      const listed: PlannedPage = await this.parts.schedule.list(pageSize, next);
      for (const { request } of listed.planned) {
        if (found.has(request.key) || !identities.has(request.client.identity)) continue;
        const served = await this.parts.cache.find(request, anyValid());
        if (served !== undefined) found.set(request.key, { request, token: served.token });
      }
      next = listed.next;
    }
    return [...found.values()];
  }

  /** While the shared store is down each replica reads for itself. */
  async #known(set: KeySet): Promise<{ record: KeySetRecord; remaining: number }> {
    const found = await this.parts.cooldowns.look([targetOf(set)]).catch(() => []);
    const last = found.at(-1);
    return { record: KeySetRecord.parse(last?.failure.message), remaining: last?.remaining ?? 0 };
  }

  async #keep(set: KeySet, record: KeySetRecord, wait: number): Promise<void> {
    await this.parts.cooldowns.failed(
      targetOf(set),
      new UpstreamFailure('unchanged', String(record)),
      () => wait,
    );
  }
}

function isUnpublished({ accessToken }: Token, ids: ReadonlySet<string>): boolean {
  const keyId = jwtKeyId(accessToken);
  return keyId !== undefined && !ids.has(keyId);
}

/** It holds no attempt back: no credential has this name. */
function targetOf({ address }: KeySet): CooldownTarget {
  return { scope: 'credential', client: digest(['keys', address]), name: 'keys' };
}
