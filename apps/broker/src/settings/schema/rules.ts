import 'reflect-metadata';
import { isIP } from 'node:net';
import { applyDecorators } from '@nestjs/common';
import { Transform, type TransformFnParams } from 'class-transformer';
import {
  IsArray,
  IsDefined,
  IsInt,
  IsNumber,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { isSecureUrl, loopbackHost } from '#http/secure-url.js';
import { type Shown, shownScalar, urlParticulars } from './shown-values.js';

const descriptionKey = Symbol('description');

/** Describes a setting to those who write it: editors show the text. `keywords` are further ones of JSON Schema. */
export function Description(description: string, keywords: Record<string, unknown> = {}) {
  return (target: object, property: string | symbol = ''): void =>
    Reflect.defineMetadata(descriptionKey, { description, ...keywords }, target, property);
}

/** What JSON Schema says besides the checks, of a class, or of a property of its prototype. */
export function descriptionOf(target: object, property = ''): Record<string, unknown> | undefined {
  return Reflect.getMetadata(descriptionKey, target, property) as Record<string, unknown> | undefined;
}

/**
 * A check with what JSON Schema says of it.
 * @param fault what is wrong with a value, to be read after its path: `must be ...`
 * @param context of a value that is no secret: what of it is shown beside the fault
 */
export function Check(
  schema: object,
  fault: (value: unknown) => string | undefined,
  context?: Shown,
): PropertyDecorator {
  const validator = {
    validate: (value: unknown) => fault(value) === undefined,
    defaultMessage: (args?: { value?: unknown }) => fault(args?.value) ?? '',
  };
  return ValidateBy({ name: 'check', constraints: [schema], validator }, context && { context });
}

/** Unlike `IsOptional` it refuses null: a key without a value is a forgotten one. */
export function Optional(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

export function Required(): PropertyDecorator {
  return IsDefined({ message: 'must be set' });
}

/** Text that the whole pattern fits. */
export function Text(pattern: RegExp, message: string): PropertyDecorator {
  return Matches(pattern, { message: ({ value }) => (typeof value === 'string' ? message : notText(value)) });
}

const line = /^\P{Cc}+$/u;
const lineFault = 'must not be empty, and must not have line breaks or other control characters';

/** Text of at least one character, without control characters. */
export function Line(): PropertyDecorator {
  return Text(line, lineFault);
}

/** One such text, or a list of one or two. */
export function IsLineOrPair(): PropertyDecorator {
  const fault = (one: unknown) => {
    if (typeof one !== 'string') return notText(one);
    return line.test(one) ? undefined : lineFault;
  };
  return OneOrTwo({ type: 'string', minLength: 1 }, fault, 'must be a text, or a list of one or two');
}

/**
 * One, or a list of one or two while it is rotated.
 * @param fault what is wrong with one of them
 * @param message of a list of any other length
 */
export function OneOrTwo(
  schema: { anyOf?: readonly object[] } & Record<string, unknown>,
  fault: (value: unknown) => string | undefined,
  message: string,
): PropertyDecorator {
  const list = { type: 'array', items: schema, minItems: 1, maxItems: 2 };
  return Check({ anyOf: [...(schema.anyOf ?? [schema]), list] }, (value) => {
    const all: unknown[] = [value].flat();
    return all.length === 1 || all.length === 2 ? all.map(fault).find((one) => one !== undefined) : message;
  });
}

export function TextList(pattern: RegExp, message: string): PropertyDecorator {
  return applyDecorators(
    IsArray({ message: 'must be a list' }),
    Matches(pattern, { each: true, message: `must be a list in which each ${message}` }),
  );
}

/** IP addresses, and networks in CIDR notation. */
export function AddressList(): PropertyDecorator {
  const message = 'must be a list of IP addresses or networks such as 10.0.0.0/8';
  return Check(
    { type: 'array', items: { type: 'string', pattern: '^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$' } },
    (value) => (Array.isArray(value) && value.every(isNetwork) ? undefined : message),
  );
}

function isNetwork(value: unknown): boolean {
  const [, address = '', prefix = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(String(value)) ?? [];
  return isIP(address) !== 0 && Number(prefix) <= (isIP(address) === 6 ? 128 : 32);
}

export function notText(value: unknown): string {
  return ['number', 'boolean'].includes(typeof value) ? 'must be text; put it into quotes' : 'must be text';
}

export function Whole(min: number, max: number): PropertyDecorator {
  const message = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(Numeral(), Min(min, { message }), Max(max, { message }), IsInt({ message }));
}

export function Decimal(min: number, max: number): PropertyDecorator {
  const message = `must be a number from ${min} to ${max}`;
  return applyDecorators(Numeral(), Min(min, { message }), Max(max, { message }), IsNumber({}, { message }));
}

/** Seconds; text has a unit: `10s`, `5m`. */
export function Duration(min: number, max?: number, { whole } = { whole: false }): PropertyDecorator {
  const range = max === undefined ? `of ${min} or more` : `from ${min} to ${max}`;
  const message = `must be a ${whole ? 'whole ' : ''}number ${range}, in seconds, or a duration such as 10s or 5m`;
  const type = whole ? 'integer' : 'number';
  const schema = { type, minimum: min, ...(max !== undefined && { maximum: max }) };
  const text = { type: 'string', pattern: durationText.source };
  const isFine = (value: unknown) =>
    (whole ? Number.isInteger(value) : Number.isFinite(value)) &&
    (value as number) >= min &&
    (value as number) <= (max ?? Infinity);
  return applyDecorators(
    Transform(({ value }: TransformFnParams): unknown =>
      typeof value === 'string' ? secondsIn(value) : value,
    ),
    Check(
      { anyOf: [schema, text, { $ref: '#/definitions/Variable' }] },
      (value) => (isFine(value) ? undefined : message),
      { particulars: (value) => ({ value: shownScalar(value) }) },
    ),
  );
}

const units = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const durationText = /^(\d{1,15}(?:\.\d{1,15})?) ?(ms|s|m|h|d)$/;

function secondsIn(text: string): unknown {
  const [, number, unit] = durationText.exec(text) ?? [];
  if (number === undefined) return numeral.test(text) ? Number(text) : text;
  // Of 0.1 s in milliseconds no digit of the binary fraction is left.
  return Math.round(Number(number) * units[unit as keyof typeof units] * 1e6) / 1e6;
}

const numeral = /^-?\d{1,15}(\.\d{1,15})?$/;

/** A variable's value is text: a numeral becomes the number, anything else stays and fails the check. */
function Numeral(): PropertyDecorator {
  return Transform(({ value }: TransformFnParams): unknown =>
    typeof value === 'string' && numeral.test(value) ? Number(value) : value,
  );
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parser would mend these silently: white space, a backslash, a missing `//`. */
const strictUrl = /^https?:\/\/[^\s\\/?#][^\s\\]*$/i;

const loopbackUrl = `http://${loopbackHost.source.slice(1, -1)}`;

/** An https URL, or an http one of a loopback host. An issuer has no query (RFC 8414 §2). */
export function HttpsUrl({ query } = { query: true }): PropertyDecorator {
  const rest = query ? '[^\\s#]' : '[^\\s#?]';
  const pattern = `^(https://${rest}|${loopbackUrl}(?=[:/?]|$))${rest}*$`;
  return Check(
    { type: 'string', pattern },
    (value) => {
      if (typeof value !== 'string') return notText(value);
      const url = strictUrl.test(value) ? URL.parse(value) : null;
      if (url === null) return 'must be an https URL';
      if (!isSecureUrl(url)) return 'must be an https URL (http is for loopback hosts only)';
      if (url.username !== '' || url.password !== '') return 'must be an https URL without user or password';
      if (value.includes('#')) return 'must be an https URL without a fragment';
      return query || !value.includes('?') ? undefined : 'must be an https URL without a query';
    },
    { particulars: urlParticulars },
  );
}
