import { LRUCache } from 'lru-cache';
import { UpstreamFailure } from './model/failures.js';
import { parseJsonObject } from './model/json-object.js';
import { lruOfEntries } from './model/limits.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';
import type { CooldownStore, CooldownTarget } from './ports/cooldown-store.js';

/** Milliseconds. */
const leastAge = { first: 10_000, ofOneToken: 1_000, longest: 300_000 };

interface Rejections {
  /** Milliseconds that the next token must be old to be renewed. */
  leastAge: number;
  /** SHA-256 of the token that may be renewed, as often as it takes. */
  permitted?: string | undefined;
  /** SHA-256 of the token that was reported when it was too young. */
  early?: string | undefined;
}

/**
 * How old a token must be to be renewed because an API, or an operator, rejected it: 10 s, doubled with each rejection in a
 * row up to 5 min. An API that learns of new tokens with a lag (replication behind the authorization server) rejects each
 * at first: were it renewed each time, none would grow old enough to be accepted. It is kept beside the cool-downs, which
 * all replicas share.
 */
export class RejectedTokens {
  constructor(private readonly cooldowns: Pick<CooldownStore, 'look' | 'failed'>) {}

  /**
   * Milliseconds until the token may be renewed; 0 when it may be now. Then the next token has to be twice as old, unless
   * this one was accepted for a while. A token from the future is not a young one: its instant of issue is wrong.
   */
  async report(request: TokenRequest, token: Token, now: number): Promise<number> {
    const { sha256 } = token.accessToken;
    const first = firstAge(request);
    const known = await this.#known(request);
    if (known.permitted === sha256) return 0;
    const age = now - token.issuedAt;
    if (age >= 0 && age < known.leastAge) {
      if (known.early !== sha256) await this.#keep(request, { ...known, early: sha256 });
      return known.leastAge - age;
    }
    const hasGrown = known.leastAge > first;
    const isInARow = known.early === sha256 || (hasGrown && age < 2 * known.leastAge);
    const next = isInARow ? Math.min(2 * known.leastAge, leastAge.longest) : first;
    await this.#keep(request, { leastAge: next, permitted: sha256 });
    return 0;
  }

  /** While the shared store is down, a rejection is the first one. */
  async #known(request: TokenRequest): Promise<Rejections> {
    const [found] = await this.cooldowns.look([targetOf(request)]).catch(() => []);
    const fields = parseJsonObject(found?.failure.message ?? '');
    const age = Number(fields?.get('leastAge'));
    const first = firstAge(request);
    return {
      leastAge: age >= first && age <= leastAge.longest ? age : first,
      permitted: text(fields?.get('permitted')),
      early: text(fields?.get('early')),
    };
  }

  async #keep(request: TokenRequest, rejections: Rejections): Promise<void> {
    const record = new UpstreamFailure('unchanged', JSON.stringify(rejections));
    await this.cooldowns.failed(targetOf(request), record, () => 1);
  }
}

/** Where a new token invalidates the previous one, a response that is lost leaves a young token that is dead. */
function firstAge({ client }: TokenRequest): number {
  return client.options.oneToken === undefined ? leastAge.first : leastAge.ofOneToken;
}

/** No attempt is held back by it: those of a token request have another name. */
function targetOf({ client, key }: TokenRequest): CooldownTarget {
  return { scope: 'request', client: client.identity, name: `rejected:${key}` };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

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
