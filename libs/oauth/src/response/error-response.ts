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

/** RFC 6749 §5.2 and RFC 8707 §2, and what GitHub and Slack say instead. Any other code is about this one request. */
const reasons: ReadonlyMap<string, UpstreamFailureReason> = new Map([
  ['invalid_client', 'client_refused'],
  ['incorrect_client_credentials', 'client_refused'],
  ['invalid_client_id', 'client_refused'],
  ['bad_client_secret', 'client_refused'],
  ['unauthorized_client', 'client_refused'],
  ['unsupported_grant_type', 'client_refused'],
  ['invalid_scope', 'scope_refused'],
  ['invalid_target', 'scope_refused'],
  ['temporarily_unavailable', 'unavailable'],
  ['server_error', 'unavailable'],
]);

/** What a response of status 300 to 599, or with an error code in spite of a 2xx, means. It is made, not thrown. */
export function errorResponseFailure(response: HttpResponse, context: TokenRequestContext): UpstreamFailure {
  const { status, headers } = response;
  const error = isRedirect(status) ? undefined : readOAuthError(response);
  const reason = reasonOf(status, error);
  return new UpstreamFailure(reason, describeError(response, error, context), {
    upstreamError: error && context.redaction.clean(error.code),
    retryAfter: status === 429 || status === 503 ? retryAfter(headers) : undefined,
  });
}

export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function reasonOf(status: number, error: OAuthError | undefined): UpstreamFailureReason {
  if (status === 429) return 'throttled';
  if (status === 408 || status >= 500) return 'unavailable';
  // A credential that was not accepted, whatever the code (RFC 9110 §15.5.2).
  if (status === 401) return 'client_refused';
  // A router during a redeploy answers so: no log-in was judged.
  if (error === undefined) return status === 404 || status === 405 ? 'unavailable' : 'client_refused';
  if (error.code === 'invalid_request' && missesClient.test(error.description ?? '')) return 'client_refused';
  return reasons.get(error.code) ?? 'request_refused';
}

/** Some servers say `invalid_request` where they do not find the client (RFC 6749 §5.2 has `invalid_client` for it). */
const missesClient = /\bclient[ _-]?(?:id|secret|credentials?|authentication)\b|\bunknown client\b/i;

/** Undefined when the body is not a JSON object with a string `error`. */
function readOAuthError({ headers, body }: HttpResponse): OAuthError | undefined {
  const fields = parseJsonObject(decodeText(body, headers.get('content-type')));
  const code = fields?.get('error');
  const description = fields?.get('error_description');
  if (typeof code !== 'string' || code === '') return undefined;
  return { code, description: typeof description === 'string' ? description : undefined };
}
