import type { ScriptedAnswer } from './scripted-answer.js';

/** Which token requests misbehave: all, unless it says otherwise. */
export interface Target {
  client?: string;
  /** The scope set asked for, in any order. */
  scope?: string;
  /** How many requests; without it all of them, until the reset. */
  times?: number;
}

/** What is done to the honest answer, and how it is sent. */
export interface Effects {
  /** Instead of the honest answer; the request is not even looked at. */
  answer?: ScriptedAnswer;
  /** Merged over the fields of a token answer. */
  fields?: Readonly<Record<string, unknown>>;
  /** Taken out of a token answer. */
  withoutFields?: readonly string[];
  /** Put verbatim at the end of a token answer's JSON object: `"expires_in": 5` makes a duplicate. */
  rawFields?: string;
  /** The token answer form-encoded instead of JSON. */
  form?: boolean;

  /** The last token of the same client, scopes and resources again, while it lives. */
  sameTokenAgain?: boolean;
  /** Seconds that new tokens live. */
  lifetime?: number;
  /** Seconds by which the clock goes ahead (negative: behind): Date header, iat and exp. */
  clockOffset?: number;

  /** Milliseconds between the decision and the answer: the token ages meanwhile. */
  delay?: number;
  /** Never answers, and keeps the socket open. */
  hang?: boolean;
  /** Closes the socket without an answer. */
  close?: boolean;
  /** Sends the headers and half of the body, then resets the connection. */
  resetMidBody?: boolean;
  /** Milliseconds before each byte of the body; the headers come at once. */
  drip?: number;
  /** KiB of white space before the body. Together with `gzip`: a bomb. */
  hugeBody?: number;
  gzip?: boolean;
}

export type Misbehaviour = Target & Effects;

/** Whom a token request says it is from, and the scope set that it is about, sorted. */
export interface Subject {
  client: string;
  scopeSet: string;
}

/**
 * The misbehaviours in force. Those without `times` stand until the reset, later over earlier. Those with `times` queue:
 * each request uses up one turn of the first that matches it, on top of the standing ones.
 */
export class Misbehaviours {
  #standing: readonly Misbehaviour[] = [];
  #queue: readonly Misbehaviour[] = [];

  get all(): readonly Misbehaviour[] {
    return [...this.#standing, ...this.#queue];
  }

  /** A standing one merges into the standing one of the same client and scope set. */
  add(misbehaviour: Misbehaviour): void {
    if (misbehaviour.times !== undefined) {
      this.#queue = [...this.#queue, misbehaviour];
      return;
    }
    const same = this.#standing.find((each) => targetOf(each) === targetOf(misbehaviour));
    this.#standing = [...this.#standing.filter((each) => each !== same), { ...same, ...misbehaviour }];
  }

  /** What this one request meets; call it once for each request. */
  take(subject: Subject): Effects {
    const next = this.#queue.find((each) => concerns(each, subject));
    if (next !== undefined) {
      const { times = 1 } = next;
      this.#queue = this.#queue.flatMap((each) => {
        if (each !== next) return [each];
        return times > 1 ? [{ ...each, times: times - 1 }] : [];
      });
    }
    const standing = this.#standing.filter((each) => concerns(each, subject));
    return [...standing, next].reduce<Effects>((all, each) => ({ ...all, ...each }), {});
  }

  clear(): void {
    this.#standing = [];
    this.#queue = [];
  }
}

export function sortedScopes(scope: string): string {
  return [...new Set(scope.split(' ').filter((each) => each !== ''))].toSorted().join(' ');
}

function concerns({ client, scope }: Target, subject: Subject): boolean {
  if (client !== undefined && client !== subject.client) return false;
  return scope === undefined || sortedScopes(scope) === subject.scopeSet;
}

function targetOf({ client, scope }: Target): string {
  return JSON.stringify([client, scope === undefined ? undefined : sortedScopes(scope)]);
}
