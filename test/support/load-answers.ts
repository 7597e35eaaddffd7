import { decodeJwt } from 'jose';
import type { BrokerProcess } from './broker-process.js';

/** What one caller got for one request. Instants are milliseconds of `performance.now()`. */
export interface LoadAnswer {
  caller: number;
  replica: BrokerProcess;
  /** As asked for. */
  scopes: string;
  sentAt: number;
  at: number;
  /** Undefined when there was none: `error` tells why. */
  status: number | undefined;
  error?: string;
  /** Of a token only: what the answer says, and the claims of the token itself. */
  token?: string;
  expiresIn?: number;
  jti?: string;
  /** Seconds since 1970. */
  iat?: number;
  exp?: number;
  scope?: string;
}

/** The fields of an answer that come from its body. */
export function tokenIn(body: Record<string, unknown>): Partial<LoadAnswer> {
  const token = body['access_token'];
  if (typeof token !== 'string') return { error: String(body['error']) };
  const { jti, iat, exp, scope } = decodeJwt<{ scope: string }>(token);
  const claims = { jti: String(jti), iat: Number(iat), exp: Number(exp), scope };
  return { token, expiresIn: Number(body['expires_in']), ...claims };
}

export interface StepBackOptions {
  /** Milliseconds for which a caller may still get the older token after it has seen the newer. */
  grace?: number;
  /** Compares only what one and the same replica answered: for replicas that cannot hear of one another. */
  perReplica?: boolean;
}

/** All that the callers of a load got, in the order of arrival, and what must not be among it. */
export class LoadAnswers {
  constructor(readonly all: readonly LoadAnswer[]) {}

  /** Those to requests that were sent after this instant. */
  since(instant: number): LoadAnswers {
    return new LoadAnswers(this.all.filter(({ sentAt }) => sentAt >= instant));
  }

  from(replica: BrokerProcess): LoadAnswers {
    return new LoadAnswers(this.all.filter((answer) => answer.replica === replica));
  }

  /** Distinct tokens, the first seen first. */
  get tokens(): string[] {
    return [...new Set(this.all.flatMap(({ token }) => token ?? []))];
  }

  /** When the tokens were issued: seconds, in order, by the scopes asked for. */
  get issues(): Map<string, number[]> {
    const bySet = Map.groupBy(this.all, ({ scopes }) => scopes);
    return new Map(
      [...bySet].map(([set, some]) => {
        const issued = new Map(some.flatMap(({ jti, iat }) => (jti === undefined ? [] : [[jti, iat!]])));
        return [set, [...issued.values()].toSorted((one, other) => one - other)];
      }),
    );
  }

  /**
   * Seconds between the issues of two tokens for the same scopes, at the least. The authorization server of a test may be
   * slow to take note of a request, so of a renewal after 2.16 s it may tell that only one has passed.
   */
  get shortestInterval(): number {
    const intervals = [...this.issues.values()].flatMap((issued) =>
      issued.slice(1).map((instant, n) => instant - issued[n]!),
    );
    return Math.min(...intervals);
  }

  get slowest(): number {
    return Math.max(0, ...this.all.map(({ sentAt, at }) => at - sentAt));
  }

  /** Milliseconds that an answer took. */
  get median(): number {
    const times = this.all.map(({ sentAt, at }) => at - sentAt).toSorted((one, other) => one - other);
    return times[Math.floor(times.length / 2)] ?? 0;
  }

  /**
   * Milliseconds in which every replica has heard of a new token: a tenth of a second, and for as long as this machine
   * held up an answer, it may have held up the news. Never more than the second in which a replica notices that it misses news.
   */
  get grace(): number {
    return Math.min(100 + this.slowest, 1_000);
  }

  /** Everything but a token, whatever the reason. */
  get failures(): string[] {
    return this.all.filter(({ status }) => status !== 200).map(told);
  }

  /** Errors although somebody had got a token for these scopes that had more than two seconds to live. */
  get failuresWhileValid(): string[] {
    const livesUntil = new Map<string, number>();
    const failures: string[] = [];
    for (const answer of this.all) {
      const { scopes, sentAt, at, expiresIn } = answer;
      const until = livesUntil.get(scopes) ?? -Infinity;
      if (expiresIn !== undefined) livesUntil.set(scopes, Math.max(until, sentAt + expiresIn * 1_000));
      else if (at + 2_000 < until) failures.push(told(answer));
    }
    return failures;
  }

  /** Tokens of other scopes than asked for, and lives beyond what the token itself says (in whole seconds, so one off). */
  get wrong(): string[] {
    const now = Date.now() - performance.now();
    const isWrong = ({ scope, scopes, exp, expiresIn, sentAt }: LoadAnswer) =>
      scope !== scopes || expiresIn! > exp! + 1 - (now + sentAt) / 1_000;
    return this.all
      .filter(({ token }) => token !== undefined)
      .filter(isWrong)
      .map(told);
  }

  /** Tokens older than one that the same caller had seen before. */
  steppedBack({ grace = 0, perReplica = false }: StepBackOptions = {}): string[] {
    const newest = new Map<string, Map<BrokerProcess | undefined, NewestSeen>>();
    return this.all
      .filter(({ token }) => token !== undefined)
      .filter((answer) => {
        const key = `${answer.caller} ${answer.scopes}`;
        const seen = newest.get(key) ?? new Map<BrokerProcess | undefined, NewestSeen>();
        newest.set(key, seen);
        const replica = perReplica ? answer.replica : undefined;
        const before = seen.get(replica) ?? new NewestSeen(answer);
        seen.set(replica, before);
        return before.isNewerThan(answer) && answer.sentAt - before.at > grace;
      })
      .map(told);
  }
}

class NewestSeen {
  readonly #replaced = new Set<string>();
  at: number;

  constructor(private answer: LoadAnswer) {
    this.at = answer.at;
  }

  /** `iat` counts seconds: within one, a token that comes back after it was replaced is the older. */
  isNewerThan(next: LoadAnswer): boolean {
    if (next.jti === this.answer.jti) return false;
    if (this.#replaced.has(next.jti!) || next.iat! < this.answer.iat!) return true;
    this.#replaced.add(this.answer.jti!);
    this.answer = next;
    this.at = next.at;
    return false;
  }
}

function told({ caller, scopes, at, sentAt, status, error, jti, iat }: LoadAnswer): string {
  const took = `${Math.round(sentAt)}+${Math.round(at - sentAt)} ms`;
  return `${took}: caller ${caller} for ${scopes}: ${status ?? 'no answer'} ${error ?? `${jti} of ${iat}`}`;
}
