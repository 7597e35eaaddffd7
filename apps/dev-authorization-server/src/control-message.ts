import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Headers, Misbehaviour, ScriptedResponse } from './misbehaviour.js';

/** What a test can order besides misbehaviour; each happens once. */
export interface Actions {
  hold?: boolean;
  /** A token, or `all`. */
  revoke?: string;
  /** Client id -> all its secrets from now on. */
  secrets?: Readonly<Record<string, readonly string[]>>;
}

type Shape<Message> = { [Name in keyof Required<Message>]: (value: unknown) => boolean };

const text = (value: unknown): boolean => typeof value === 'string';
const flag = (value: unknown): boolean => typeof value === 'boolean';
const number = (value: unknown): boolean => Number.isFinite(value);
const count = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const positive = (value: unknown): boolean => count(value) && value !== 0;
const status = (value: unknown): boolean => count(value) && Number(value) >= 200 && Number(value) <= 599;
const interim = (value: unknown): boolean => count(value) && Number(value) >= 100 && Number(value) <= 199;
const listOf = (each: (value: unknown) => boolean) => (value: unknown) => [value].flat().every(each);
const object = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const coding = (value: unknown): boolean =>
  ['gzip', 'x-gzip', 'deflate', 'raw deflate', 'gzip, gzip'].some((each) => each === value);

// prettier-ignore
const answerShape: Shape<ScriptedResponse> = {
  status, headers, body: text, base64: text, json: () => true, error: text, html: flag, redirectTo: text,
  retryAfter: (value) => number(value) || text(value), retryAfterDate: number,
};

// prettier-ignore
const misbehaviourShape: Shape<Misbehaviour> = {
  client: text, scope: text, times: positive, seconds: positive,
  answer: (value) => object(value) && check(value, answerShape, 'answer.'),
  status, headers, fields: object, withoutFields: listOf(text), rawFields: text, form: flag, latin1: flag,
  sameTokenAgain: flag, lifetime: count, clockOffset: (value) => Number.isSafeInteger(value), activeAfter: count,
  delay: count, hang: flag, close: flag, resetMidBody: flag, interim: listOf(interim), lengthBesideChunked: flag,
  drip: count, hugeBody: count, gzip: flag, coding,
};

const actionShape: Shape<Actions> = {
  hold: flag,
  revoke: text,
  secrets: (value) => object(value) && Object.values(value).every(listOf(text)),
};

/** @throws TypeError that names the first wrong field: a typo in a script must not pass as good behaviour */
export function checkMisbehaviour(misbehaviour: Misbehaviour): void {
  check(misbehaviour, misbehaviourShape);
}

/** @throws TypeError when it is not JSON, or names the first wrong field */
export function parseControlMessage(json: string): { misbehaviour: Misbehaviour; actions: Actions } {
  const message = parsed(json);
  if (!object(message)) throw new TypeError('a JSON object is expected');
  check(message, { ...misbehaviourShape, ...actionShape });
  const { hold, revoke, secrets, ...misbehaviour } = message as Actions & Misbehaviour;
  return { misbehaviour, actions: { hold, revoke, secrets } as Actions };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new TypeError('the body is not JSON', { cause });
  }
}

function check(
  message: object,
  shape: Readonly<Record<string, (value: unknown) => boolean>>,
  path = '',
): true {
  for (const [name, value] of Object.entries(message)) {
    if (!Object.hasOwn(shape, name)) throw new TypeError(`${path}${name} is not known`);
    if (value !== undefined && shape[name]?.(value) !== true) {
      throw new TypeError(`${path}${name} has a wrong value`);
    }
  }
  return true;
}

/** @throws TypeError in Node's words */
function headers(value: unknown): value is Headers {
  if (!object(value)) return false;
  for (const [name, each] of Object.entries(value)) {
    validateHeaderName(name);
    for (const line of [each].flat()) validateHeaderValue(name, String(line));
  }
  return Object.values(value).every(listOf(text));
}
