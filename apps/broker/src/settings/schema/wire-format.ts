import { responseFieldNames, type ResponseFieldName } from '#tokens/model/wire-format.js';
import { Check, isMapping, Text } from './rules.js';
import { isTextOrFile, type TextOrFile, textOrFileSchema } from './text-or-file.js';

/** RFC 9110 §5.6.2 */
const headerName = /^[!#$%&'*+.^_`|~\dA-Za-z-]{1,100}$/;

/** Those that the broker sends itself, and those of the connection. */
const ownHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export type HeadersSetting = Record<string, TextOrFile>;

export function IsHeaders(): PropertyDecorator {
  const schema = {
    type: 'object',
    propertyNames: { pattern: headerName.source },
    additionalProperties: textOrFileSchema,
  };
  return Check(schema, (value) => {
    if (!isMapping(value)) return 'must be a mapping from header names to texts or { file: PATH }';
    const names = Object.keys(value);
    if (!names.every((name) => headerName.test(name))) return 'must have names of HTTP headers as keys';
    const own = names.filter((name) => ownHeaders.has(name.toLowerCase()));
    if (own.length > 0) return `must not set ${own.join(', ')}: the broker does`;
    if (new Set(names.map((name) => name.toLowerCase())).size < names.length)
      return 'must not have a header twice';
    return Object.values(value).every(isTextOrFile)
      ? undefined
      : 'must have texts or { file: PATH } as values; put numbers into quotes';
  });
}

/** Between two scopes: no character that a scope may have where servers separate by it. */
export function IsScopeSeparator(): PropertyDecorator {
  return Text(/^[ ,;|+]$/, 'must be one of " ", ",", ";", "|" and "+", in quotes');
}

export type ResponseFields = Partial<Record<ResponseFieldName, string>>;

const path = /^[^.\s]{1,64}(?:\.[^.\s]{1,64}){0,7}$/;

export function IsResponseFields(): PropertyDecorator {
  const properties = Object.fromEntries(
    responseFieldNames.map((name) => [name, { type: 'string', pattern: path.source }]),
  );
  return Check({ type: 'object', properties, additionalProperties: false }, (value) => {
    if (!isMapping(value)) return 'must be a mapping from fields to where the response has them';
    const unknown = Object.keys(value).find(
      (name) => !(responseFieldNames as readonly string[]).includes(name),
    );
    if (unknown !== undefined) return `must have ${responseFieldNames.join(', ')} as keys only`;
    return Object.values(value).every((one) => typeof one === 'string' && path.test(one))
      ? undefined
      : 'must have names, or several separated by dots such as data.token, as values';
  });
}
