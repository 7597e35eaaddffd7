/**
 * How to make the server behave like others that are in use: `server.misbehave({…})`, or the same as JSON by
 * `POST /control`.
 *
 * | what | how |
 * |---|---|
 * | odd, or no, `token_type` | `fields: { token_type: 'BearerToken' }`, `withoutFields: ['token_type']` |
 * | a token with status 201, 202 or 203 | `status: 201` |
 * | `error` empty or null beside a token | `fields: { error: '' }` |
 * | `expires_in` as text, a fraction, in milliseconds | `lifetime: 20, fields: { expires_in: 20_000 }` |
 * | the same JWT again with the full `expires_in` | `sameTokenAgain: true, fields: { expires_in: 3599 }` |
 * | a byte of ISO-8859-1 | `latin1: true, fields: { owner: 'Müller' }`, or with an `answer` |
 * | … said by the charset | `headers: { 'content-type': 'application/json; charset=iso-8859-1' }` besides |
 * | content codings | `coding: 'x-gzip'`, `'deflate'`, `'raw deflate'` or `'gzip, gzip'` |
 * | interim responses that were not requested | `interim: [100]` |
 * | Content-Length beside chunked | `lengthBesideChunked: true` |
 * | a bare 401 or 403 | `answer: { status: 401 }` |
 * | 404 or 405 for 5 s | `seconds: 5, answer: { status: 404 }` |
 * | a clock that is wrong: Date, `iat`, `exp` | `clockOffset: -2` |
 * | an API that learns late of new tokens | `activeAfter: 60` |
 * | Basic credentials taken undecoded | the client's `authentication: { method: 'client_secret_basic', decoded: false }` |
 * | a clock that is behind for client assertions | `startOidcProvider({ behind: 2 })` of `#test/oidc-provider.js` |
 */
export type Misbehaviour = Target & Effects;

export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Which token requests are affected: all by default. */
export interface Target {
  client?: string;
  /** The scope set requested, in any order. */
  scope?: string;
  /** How many requests. By default all of them, until the reset. */
  times?: number;
  /** How long, from now on. By default until the reset. */
  seconds?: number;
}

/** A response that a test dictates: at most one kind of body; the default is a 200 with an empty one. */
export interface ScriptedResponse {
  /** By default 200; 401 or 400 as RFC 6749 §5.2 has it for `error`; 302 for `redirectTo`; 429 for a `Retry-After`. */
  status?: number;
  /** Over those that the rest of the script makes. */
  headers?: Headers;
  /** Verbatim. */
  body?: string;
  /** Any bytes, in base64. */
  base64?: string;
  json?: unknown;
  /** The error code of a JSON error response. */
  error?: string;
  /** A page such as a proxy sends. */
  html?: boolean;
  redirectTo?: string;
  /** `Retry-After`: seconds, or anything verbatim. */
  retryAfter?: number | string;
  /** `Retry-After` as an HTTP date: seconds after the Date header. */
  retryAfterDate?: number;
}

/** What is done to the honest response, and how it is sent. */
export interface Effects {
  /** Instead of the honest response; the request is not even looked at. */
  answer?: ScriptedResponse;
  /** Of a token response. */
  status?: number;
  /** Over those of the response. */
  headers?: Headers;
  /** Merged over the fields of a token response. */
  fields?: Readonly<Record<string, unknown>>;
  /** Taken out of a token response. */
  withoutFields?: readonly string[];
  /** Put verbatim at the end of a token response's JSON object: `"expires_in": 5` makes a duplicate. */
  rawFields?: string;
  /** The token response form-encoded instead of JSON. */
  form?: boolean;
  /** The body in ISO-8859-1 instead of UTF-8. */
  latin1?: boolean;

  /** The last token of the same client, scopes and resources again, while it lives. */
  sameTokenAgain?: boolean;
  /** Seconds that new tokens live. */
  lifetime?: number;
  /** Seconds by which the clock is ahead (negative: behind): Date header, iat and exp. */
  clockOffset?: number;
  /** Seconds for which the API does not know a new token yet. */
  activeAfter?: number;

  /** Milliseconds between the decision and the response: the token ages meanwhile. */
  delay?: number;
  /** Never responds, and keeps the socket open. */
  hang?: boolean;
  /** Closes the socket without a response. */
  close?: boolean;
  /** Sends the headers and half of the body, then resets the connection. */
  resetMidBody?: boolean;
  /** Statuses of interim responses that are sent first (RFC 9110 §15.2). */
  interim?: readonly number[];
  /** Sends Content-Length beside Transfer-Encoding, which RFC 9112 §6.1 forbids. */
  lengthBesideChunked?: boolean;
  /** Milliseconds before each byte of the body; the headers are sent at once. */
  drip?: number;
  /** KiB of white space before the body. Together with `gzip`: a bomb. */
  hugeBody?: number;
  gzip?: boolean;
  /** `raw deflate` is announced as `deflate` and has no zlib header. */
  coding?: ContentCoding;
}

export type ContentCoding = 'gzip' | 'x-gzip' | 'deflate' | 'raw deflate' | 'gzip, gzip';

/** The client that a token request claims to be from, and its scope set, sorted. */
export interface Subject {
  client: string;
  scopeSet: string;
}

/** @property until milliseconds since 1970 */
interface Active {
  fault: Misbehaviour;
  until: number;
}

/**
 * The active misbehaviours. Those without `times` stand until the reset, later over earlier. Those with `times` queue:
 * each request uses up one turn of the first that matches it, on top of the standing ones.
 */
export class Misbehaviours {
  #active: readonly Active[] = [];

  /** @param now milliseconds since 1970 */
  constructor(private readonly now: () => number) {}

  get all(): readonly Misbehaviour[] {
    return this.#active.filter(({ until }) => until > this.now()).map(({ fault }) => fault);
  }

  /** A standing one merges into the standing one of the same client, scope set and duration. */
  add(fault: Misbehaviour): void {
    const until = this.now() + (fault.seconds ?? Infinity) * 1000;
    const same = this.#active.find((each) => isStanding(each) && keyOf(each.fault) === keyOf(fault));
    if (same === undefined || fault.times !== undefined) this.#active = [...this.#active, { fault, until }];
    else this.#replace(same, { fault: { ...same.fault, ...fault }, until });
  }

  /** What this one request meets; call it once for each request. */
  take(subject: Subject): Effects {
    const matching = this.#active.filter(
      ({ fault, until }) => until > this.now() && concerns(fault, subject),
    );
    const next = matching.find((each) => !isStanding(each));
    if (next !== undefined) {
      const { times = 1 } = next.fault;
      this.#replace(next, times > 1 ? { ...next, fault: { ...next.fault, times: times - 1 } } : undefined);
    }
    const standing = matching.filter(isStanding).map(({ fault }) => fault);
    return Object.assign({}, ...standing, next?.fault) as Effects;
  }

  clear(): void {
    this.#active = [];
  }

  #replace(old: Active, replacement: Active | undefined): void {
    this.#active = this.#active.flatMap((each) => (each === old ? (replacement ?? []) : each));
  }
}

function isStanding({ fault }: Active): boolean {
  return fault.times === undefined;
}

export function sortedScopes(scope: string): string {
  return [...new Set(scope.split(' ').filter((each) => each !== ''))].toSorted().join(' ');
}

function concerns({ client, scope }: Target, subject: Subject): boolean {
  if (client !== undefined && client !== subject.client) return false;
  return scope === undefined || sortedScopes(scope) === subject.scopeSet;
}

function keyOf({ client, scope, seconds }: Target): string {
  return JSON.stringify([client, scope === undefined ? undefined : sortedScopes(scope), seconds]);
}
