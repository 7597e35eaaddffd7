import { retryAfter } from '#http/http-date.js';
import type { HttpResponse } from '#http/http-client.js';
import { decodeText } from '#http/media-type.js';
import { UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';
import { parseJsonObject } from '#tokens/model/json-object.js';
import type { TokenRequestContext } from '../request/token-request-context.js';
import { describeError } from './error-message.js';

/** An error response (RFC 6749 §5.2), in the words of the authorization server: not yet fit for a message. */
export interface OAuthError {
  code: string;
  description: string | undefined;
}

/** RFC 6749 §5.2 and RFC 8707 §2. Any other code is about this one request. */
const reasons: ReadonlyMap<string, UpstreamFailureReason> = new Map([
  ['invalid_client', 'client_refused'],
  ['unauthorized_client', 'client_refused'],
  ['unsupported_grant_type', 'client_refused'],
  ['invalid_scope', 'scope_refused'],
  ['invalid_target', 'scope_refused'],
  ['temporarily_unavailable', 'unavailable'],
  ['server_error', 'unavailable'],
]);

/** What a response of status 300 to 599 means. It is made, not thrown. */
export function errorResponseFailure(response: HttpResponse, context: TokenRequestContext): UpstreamFailure {
  const { status, headers } = response;
  const error = status < 400 ? undefined : readOAuthError(response);
  const reason = reasonOf(status, error?.code);
  return new UpstreamFailure(reason, describeError(response, error, context), {
    upstreamError: error && context.redaction.clean(error.code),
    retryAfter: status === 429 || status === 503 ? retryAfter(headers) : undefined,
  });
}

function reasonOf(status: number, code: string | undefined): UpstreamFailureReason {
  if (status === 429) return 'throttled';
  if (status === 408 || status >= 500) return 'unavailable';
  if (code === undefined) return 'client_refused';
  return reasons.get(code) ?? 'request_refused';
}

/** Undefined when the body is not a JSON object with a string `error`. */
function readOAuthError({ headers, body }: HttpResponse): OAuthError | undefined {
  const fields = parseJsonObject(decodeText(body, headers.get('content-type')));
  const code = fields?.get('error');
  const description = fields?.get('error_description');
  if (typeof code !== 'string' || code === '') return undefined;
  return { code, description: typeof description === 'string' ? description : undefined };
}
