import { LRUCache } from 'lru-cache';
import { lruOfEntries } from './model/limits.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';

/** Milliseconds in which rejections count together. */
const countedFor = 600_000;

/** Milliseconds until the same client is reported again. */
const quietFor = 3_600_000;

/** Rejections, of at least two requests, from which on it is no coincidence. */
const enough = 4;

const maxRequests = 50;

interface Seen {
  /** Key of a request -> when its last token was issued. */
  issued: Map<string, number>;
  /** Rejected tokens of which another request had a newer one by then. */
  rejected: { key: string; sha256: string; at: number }[];
  reportedAt: number;
}

/**
 * Notices a server where a new token invalidates the previous one: the tokens of a client's requests are rejected in turn, each after
 * another request has got a new one.
 */
export class RivalTokens {
  readonly #clients = new LRUCache<string, Seen>(lruOfEntries(1_000));

  issued({ client, key }: TokenRequest, at: number): void {
    const { issued } = this.#seen(client.identity);
    issued.delete(key);
    issued.set(key, at);
    if (issued.size > maxRequests) issued.delete([...issued.keys()][0] as string);
  }

  /** Returns whether it is to be reported now. */
  rejected({ client, key }: TokenRequest, { accessToken, issuedAt }: Token, now: number): boolean {
    if (client.options.oneToken !== undefined) return false;
    const seen = this.#seen(client.identity);
    const { sha256 } = accessToken;
    const isSuperseded = [...seen.issued].some(([other, at]) => other !== key && at > issuedAt);
    if (!isSuperseded || seen.rejected.some((one) => one.sha256 === sha256)) return false;
    seen.rejected = [...seen.rejected.filter(({ at }) => now - at < countedFor), { key, sha256, at: now }];
    const requests = new Set(seen.rejected.map((one) => one.key));
    if (seen.rejected.length < enough || requests.size < 2 || now - seen.reportedAt < quietFor) return false;
    seen.reportedAt = now;
    seen.rejected = [];
    return true;
  }

  #seen(identity: string): Seen {
    const known = this.#clients.get(identity);
    if (known !== undefined) return known;
    const seen: Seen = { issued: new Map(), rejected: [], reportedAt: -Infinity };
    this.#clients.set(identity, seen);
    return seen;
  }
}
