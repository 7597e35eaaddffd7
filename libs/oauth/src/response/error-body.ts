import { valueAt } from './response-fields.js';

type Fields = ReadonlyMap<string, unknown>;

/** Where others than RFC 6749 have a code: Google, Okta, Apigee, ArcGIS, and what stands in front of them. */
const codePaths = [
  'ErrorCode',
  'errorCode',
  'error_code',
  'error.error',
  'error.code',
  'error.status',
  'error.type',
  'Error',
  'code',
];

/** Where they say for people what is wrong: RFC 6749, Google, Okta, Apigee, RFC 9457, Shopify, and gateways. */
const descriptionPaths = [
  'error_description',
  'error.message',
  'error.description',
  'errorSummary',
  'errorMessage',
  'error_message',
  'fault.faultstring',
  'ErrorDescription',
  'message',
  'Message',
  'detail',
  'title',
  'errors',
  'errors.0',
  'errors.0.message',
  'errmsg',
  'msg',
  'status.message',
  'Error',
];

/** Texts that may be the code of an error that is not in the form of RFC 6749 §5.2. */
export function errorCodes(fields: Fields): string[] {
  return codePaths.flatMap((path) => textAt(fields, path) ?? []);
}

/** A code as RFC 6749 writes it: some servers write `INVALID_SCOPE` or `Invalid client`. */
export function canonicalCode(code: string): string {
  return code
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

/** What an error says for people, as it was sent; undefined where it says nothing. */
export function describedError(fields: Fields): string | undefined {
  for (const path of descriptionPaths) {
    const text = textAt(fields, path);
    if (text !== undefined) return text;
  }
  return undefined;
}

function textAt(fields: Fields, path: string): string | undefined {
  const value = valueAt(fields, path);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
