import { LRUCache } from 'lru-cache';

/** More different requests than a consumer makes, and refusals that are worth a look. */
const maxRequests = 200;
const maxRefusals = 20;

/** How often, and when last: an instant of the monotonic clock. A hit counts here, so these are plain numbers. */
export interface Use {
  count: number;
  lastAt: number;
}

/** A credential of a consumer, and how it is used. */
export interface CredentialUse extends Use {
  /** Where it stands in the settings of its consumer: `keys[0]`, `workload`. */
  place: string;
  /** The first 12 hex digits of the SHA-256 of an API key, as in the settings. */
  fingerprint: string | undefined;
  /** Of an API key, as in the settings: milliseconds since 1970. */
  expiresAt?: number | undefined;
  replaceBy?: number | undefined;
}

export interface RequestUse extends Use {
  client: string;
  scopes: string;
}

/** The outcome of what `allow` refuses and `mode: audit` grants. */
export const wouldBeDenied = 'would_be_denied';

/** A request that was refused, or would be without `mode: audit`. What it holds is safe to show. */
export interface Refusal {
  at: number;
  error: string;
  /** The scopes asked for, where the settings know them. */
  asked: string | undefined;
  /** Of the credential that was shown. */
  credential: string | undefined;
  address: string;
}

/** How one consumer uses this replica, whatever version of the settings is active. */
export class ConsumerActivity {
  /** Those of the active settings, by hash or workload. */
  #credentials = new Map<string, CredentialUse>();
  /** Requests by credentials that the settings have no more. */
  #formerlyServed = 0;
  #lastSeenAt = -Infinity;
  /** Made on first use: most of ten thousand consumers may never ask. */
  #requests: LRUCache<string, RequestUse> | undefined;
  #refused: Map<string, number> | undefined;
  #refusals: Refusal[] = [];

  /** Takes over what is known of the credentials that stay. */
  replaceCredentials(
    found: readonly ({ id: string } & Partial<CredentialUse> & Pick<CredentialUse, 'place'>)[],
  ): void {
    const before = this.#credentials;
    this.#lastSeenAt = this.lastSeenAt;
    this.#credentials = new Map(
      found.map(({ id, place, fingerprint, expiresAt, replaceBy }) => {
        const use = before.get(id) ?? { count: 0, lastAt: -Infinity };
        return [id, Object.assign(use, { place, fingerprint, expiresAt, replaceBy })];
      }),
    );
    for (const [id, { count }] of before) if (!this.#credentials.has(id)) this.#formerlyServed += count;
  }

  /** @throws TypeError when the settings have no such credential */
  credential(id: string): CredentialUse {
    const use = this.#credentials.get(id);
    if (use === undefined) throw new TypeError('a credential that the consumer does not have');
    return use;
  }

  request(client: string, scopes: string): RequestUse {
    const key = `${client} ${scopes}`;
    this.#requests ??= new LRUCache({ max: maxRequests });
    const use = this.#requests.get(key) ?? { client, scopes, count: 0, lastAt: -Infinity };
    this.#requests.set(key, use);
    return use;
  }

  refuse(refusal: Refusal): void {
    this.#refused ??= new Map();
    this.#refused.set(refusal.error, (this.#refused.get(refusal.error) ?? 0) + 1);
    this.#refusals = [refusal, ...this.#refusals].slice(0, maxRefusals);
    this.#lastSeenAt = refusal.at;
  }

  get credentials(): readonly Readonly<CredentialUse>[] {
    return [...this.#credentials.values()];
  }

  /** Last one first. */
  get requests(): readonly Readonly<RequestUse>[] {
    return [...(this.#requests?.values() ?? [])].toSorted((one, other) => other.lastAt - one.lastAt);
  }

  /** Last one first. */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  /** Answers by outcome: `served`, `would_be_denied`, or an error code. */
  get outcomes(): ReadonlyMap<string, number> {
    const all = this.credentials.reduce((sum, { count }) => sum + count, this.#formerlyServed);
    const served = all - (this.#refused?.get(wouldBeDenied) ?? 0);
    return new Map([...(served > 0 ? [['served', served] as const] : []), ...(this.#refused ?? [])]);
  }

  /** `-Infinity` before the first request. */
  get lastSeenAt(): number {
    return Math.max(this.#lastSeenAt, ...this.credentials.map(({ lastAt }) => lastAt));
  }
}

/** The activity of the consumers of the active settings, by name. */
export class ConsumerActivities {
  #all = new Map<string, ConsumerActivity>();

  of(name: string): ConsumerActivity {
    const activity = this.#all.get(name) ?? new ConsumerActivity();
    this.#all.set(name, activity);
    return activity;
  }

  /** Forgets those of other consumers. */
  retain(names: ReadonlySet<string>): void {
    this.#all = new Map([...this.#all].filter(([name]) => names.has(name)));
  }

  get all(): ReadonlyMap<string, ConsumerActivity> {
    return this.#all;
  }
}
