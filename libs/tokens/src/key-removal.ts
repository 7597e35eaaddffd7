import { setImmediate } from 'node:timers/promises';
import { type KeySet, type KeySetRecord, SharedKeySets, type SharedKeySetsParts } from './key-sets.js';
import type { MemoryTokenStore } from './memory/memory-token-store.js';
import type { Clock } from './model/clock.js';
import { anyValid } from './model/demand.js';
import { UpstreamFailure } from './model/failures.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';
import { jwtKeyId } from './model/unverified-jwt.js';
import type { PlannedPage, PlannedRenewals } from './ports/renewal-schedule.js';
import type { TokenEvents } from './ports/token-events.js';
import type { TokenCache } from './token-cache.js';
import type { TokenRenewal } from './token-renewal.js';

export interface KeyRemovalParts extends SharedKeySetsParts {
  cache: TokenCache;
  memory: MemoryTokenStore;
  schedule: PlannedRenewals;
  renewal: TokenRenewal;
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
 * read its keys again. What cannot be read, and what names no keys, changes nothing.
 */
export class KeyRemoval {
  readonly #shared: SharedKeySets;
  #sets: readonly KeySet[] = [];
  /** Address -> instant of this replica's next look. */
  readonly #nextLook = new Map<string, number>();
  readonly #running = new Set<string>();

  constructor(
    private readonly parts: KeyRemovalParts,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
    private readonly chance: () => number,
  ) {
    this.#shared = new SharedKeySets(parts, events);
  }

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
    // The keys of a server whose tokens are opaque need not be read.
    if (own.length === 0) return;
    this.#running.add(address);
    try {
      const found = await this.#shared.read(set);
      if (found !== undefined) await this.#renewUnpublished(set, found.ids, found.record, own);
    } finally {
      this.#running.delete(address);
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
    if (next !== record) await this.#shared.keep(set, next);
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
}

function isUnpublished({ accessToken }: Token, ids: ReadonlySet<string>): boolean {
  const keyId = jwtKeyId(accessToken);
  return keyId !== undefined && !ids.has(keyId);
}
