import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Effects, Misbehaviour, Target } from './misbehaviour.js';
import type { ScriptedAnswer } from './scripted-answer.js';

/** What besides misbehaviour a test may have done; each happens once. */
export interface Actions {
  hold?: boolean;
  /** A token, its jti, or `all`. */
  revoke?: string;
  /** Client id -> all its secrets from now on. */
  secrets?: Readonly<Record<string, readonly string[]>>;
  rotateSigningKey?: true;
}

type Check = (value: unknown) => boolean;
type Checks<Shape> = { [Name in keyof Required<Shape>]: Check };

const aString: Check = (value) => typeof value === 'string';
const aNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const aCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const aTurn: Check = (value) => aCount(value) && value !== 0;
const aFlag: Check = (value) => typeof value === 'boolean';
const anything: Check = (value) => value !== undefined;
const strings: Check = (value) => Array.isArray(value) && value.every(aString);
const anObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const answerChecks: Checks<ScriptedAnswer> = {
  status: (value) => aCount(value) && Number(value) >= 200 && Number(value) <= 599,
  headers: (value) => anObject(value) && Object.entries(value as object).every(isHeader),
  body: aString,
  base64: aString,
  json: anything,
  error: aString,
  html: aFlag,
  redirectTo: aString,
  retryAfter: (value) => aNumber(value) || aString(value),
  retryAfterDate: aNumber,
};

const misbehaviourChecks: Checks<Target & Effects> = {
  client: aString,
  scope: aString,
  times: aTurn,
  answer: (value) => anObject(value) && check(value as object, answerChecks, 'answer.'),
  fields: anObject,
  withoutFields: strings,
  rawFields: aString,
  form: aFlag,
  sameTokenAgain: aFlag,
  lifetime: aCount,
  clockOffset: (value) => Number.isSafeInteger(value),
  delay: aCount,
  hang: aFlag,
  close: aFlag,
  resetMidBody: aFlag,
  drip: aCount,
  hugeBody: aCount,
  gzip: aFlag,
};

const actionChecks: Checks<Actions> = {
  hold: aFlag,
  revoke: aString,
  secrets: (value) => anObject(value) && Object.values(value as object).every(strings),
  rotateSigningKey: (value) => value === true,
};

/** @throws TypeError that names the first wrong field: a typo in a script must not pass as good behaviour */
export function checkMisbehaviour(misbehaviour: Misbehaviour): void {
  check(misbehaviour, misbehaviourChecks);
}

/** @throws TypeError when it is not JSON, or names the first wrong field */
export function parseControlMessage(text: string): { misbehaviour: Misbehaviour; actions: Actions } {
  const message = parsedJson(text);
  if (!anObject(message)) throw new TypeError('a JSON object is expected');
  check(message as object, { ...misbehaviourChecks, ...actionChecks });
  const fields = Object.entries(message as object);
  const actions = fields.filter(([name]) => Object.hasOwn(actionChecks, name));
  const misbehaviour = fields.filter(([name]) => !Object.hasOwn(actionChecks, name));
  return { misbehaviour: Object.fromEntries(misbehaviour), actions: Object.fromEntries(actions) };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TypeError('the body is not JSON', { cause });
  }
}

function check(value: object, checks: Readonly<Record<string, Check>>, path = ''): true {
  for (const [name, field] of Object.entries(value)) {
    if (!Object.hasOwn(checks, name)) throw new TypeError(`${path}${name} is not known`);
    if (field !== undefined && checks[name]?.(field) !== true)
      throw new TypeError(`${path}${name} has a wrong value`);
  }
  return true;
}

function isHeader([name, value]: [string, unknown]): boolean {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  validateHeaderName(name);
  for (const each of values) validateHeaderValue(name, String(each));
  return values.every(aString);
}
