import { Failure } from '#tokens/model/failures.js';
import { readBody } from './body.js';
import { type RawParameters, type RequestedToken, tokenParameters } from './parameters.js';
import type { RequestContext } from './request-context.js';

/**
 * "An API answered 401 to this token": the JSON of a report, whose fields are strings, or lists of strings where a
 * parameter may repeat.
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export async function rejectedTokenParameters({ request, query }: RequestContext): Promise<RequestedToken> {
  const body = await readBody(request);
  // A parameter in both places would be ambiguous.
  if (query !== '') throw new Failure('invalid_request', 'send the parameters in the body, not in the URL');
  return parseRejectedToken(request.headers['content-type'], body);
}

/** @throws Failure `invalid_request`, `invalid_scope` */
export function parseRejectedToken(contentType: string | undefined, body: Buffer): RequestedToken {
  const { access_token_sha256: sha256, ...rest } = jsonObject(contentType, body);
  const parameters = tokenParameters(rawParameters(rest), ['access_token_sha256 (required)']);
  return { ...parameters, rejected: rejectedHash(sha256) };
}

/** @throws Failure `invalid_request` */
export function jsonObject(contentType: string | undefined, body: unknown): Record<string, unknown> {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '') || !Buffer.isBuffer(body)) {
    throw new Failure('invalid_request', 'send a JSON object as application/json');
  }
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    throw new Failure('invalid_request', 'the body is not JSON in UTF-8');
  }
  throw new Failure('invalid_request', 'the body must be a JSON object');
}

function rawParameters(fields: Record<string, unknown>): RawParameters {
  return new Map(Object.entries(fields).map(([name, value]) => [name, strings(value)]));
}

function strings(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map((one) => {
    if (typeof one === 'string') return one;
    if (typeof one === 'number') return String(one);
    throw new Failure(
      'invalid_request',
      'the fields of the body must be strings, numbers or lists of strings',
    );
  });
}

/** @throws Failure `invalid_request` */
export function rejectedHash(sha256: unknown): string {
  if (typeof sha256 === 'string') {
    if (/^[0-9a-f]{64}$/i.test(sha256)) return sha256.toLowerCase();
    if (/^[\w-]{43}=?$/.test(sha256)) return Buffer.from(sha256, 'base64url').toString('hex');
  }
  throw new Failure(
    'invalid_request',
    'access_token_sha256 must be the SHA-256 of the rejected token, in hex or base64url',
  );
}
