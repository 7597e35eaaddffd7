import { STATUS_CODES } from 'node:http';
import { retryAfter } from '#http/header-fields.js';
import type { HttpResponse } from '#http/http-response.js';
import type { Client } from '#tokens/model/client.js';
import { longestRetryAfter, UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';
import { credentialSettings } from '../request/client-credential.js';
import type { TokenRequestContext } from '../request/compose-token-request.js';
import { canonicalCode, describedError, errorCodes } from './error-body.js';
import { readRateLimit } from './rate-limit.js';
import { readFields } from './response-fields.js';

/** RFC 6749 §5.2 and RFC 8707 §2, and what GitHub and Slack say instead. Any other code is about this one request. */
const reasons: ReadonlyMap<string, UpstreamFailureReason> = new Map([
  ['invalid_client', 'client_refused'],
  ['incorrect_client_credentials', 'client_refused'],
  ['invalid_client_id', 'client_refused'],
  ['bad_client_secret', 'client_refused'],
  ['unauthorized_client', 'client_refused'],
  ['unsupported_grant_type', 'wrong_endpoint'],
  ['invalid_scope', 'scope_refused'],
  ['invalid_target', 'scope_refused'],
  ['temporarily_unavailable', 'unavailable'],
  ['server_error', 'unavailable'],
  ['slow_down', 'throttled'],
  ['too_many_requests', 'throttled'],
  ['rate_limit_exceeded', 'throttled'],
]);

/** What a response of status 300 to 599, or with an error code in spite of a 2xx, means. It is made, not thrown. */
export function errorResponseFailure(response: HttpResponse, context: TokenRequestContext): UpstreamFailure {
  const { status } = response;
  const error = isRedirect(status) ? undefined : readOAuthError(response);
  const wait = isRedirect(status) ? undefined : waitOf(response, context.wallTime);
  const reason = reasonOf(status, error, wait, context.request.client);
  const passes = reason === 'throttled' || reason === 'unavailable';
  return new UpstreamFailure(reason, describeError(response, reason, error, context), {
    upstreamError: error?.code === undefined ? undefined : context.redaction.clean(error.code),
    retryAfter: passes ? wait : undefined,
  });
}

/** Milliseconds by `Retry-After`, or by the reset of a rate limit that is used up (GitHub, Okta), at most an hour. */
function waitOf({ status, headers }: HttpResponse, wallTime: number): number | undefined {
  const assumed = status === 429 ? 0 : undefined;
  const { remaining, resetsIn = 0 } = readRateLimit(headers, wallTime, assumed) ?? {};
  return (
    retryAfter(headers) ??
    (remaining === 0 && resetsIn > 0 ? Math.min(resetsIn, longestRetryAfter) : undefined)
  );
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Of 4xx without an OAuth error: glewlwyd and gateways refuse a credential with them. All others judge no credential. */
const bareRefusals: ReadonlySet<number> = new Set([400, 401, 403]);

function reasonOf(
  status: number,
  error: OAuthError | undefined,
  wait: number | undefined,
  client: Client,
): UpstreamFailureReason {
  if (isRedirect(status)) return 'wrong_endpoint';
  if (status === 429) return 'throttled';
  if (status === 408 || status >= 500) return 'unavailable';
  // A credential that was not accepted, whatever the code (RFC 9110 §15.5.2).
  if (status === 401) return 'client_refused';
  const code = error?.code === undefined ? undefined : canonicalCode(error.code);
  if (code === undefined) {
    // What says when to come back judges no log-in: GitHub's secondary limits are 403, a WAF's too.
    if (wait !== undefined) return 'throttled';
    if (passingStatuses.has(status)) return 'unavailable';
    return bareRefusals.has(status) ? 'client_refused' : 'wrong_endpoint';
  }
  if (code === 'invalid_request' && missesClient.test(error?.description ?? '')) return 'client_refused';
  // RFC 7523 §3.1: the assertion was not accepted, which is the credential here.
  if (code === 'invalid_grant' && client.options.grant === 'jwt-bearer') return 'client_refused';
  return reasons.get(code) ?? 'request_refused';
}

/** A router during a redeploy (404, 405), or a connection that comes too early (RFC 8470 §5.2): no log-in was judged. */
const passingStatuses: ReadonlySet<number> = new Set([404, 405, 425]);

/** Some servers say `invalid_request` where they do not find the client (RFC 6749 §5.2 has `invalid_client` for it). */
const missesClient = /\bclient[ _-]?(?:id|secret|credentials?|authentication)\b|\bunknown client\b/i;

/**
 * What an error response says (RFC 6749 §5.2), not yet fit for a message. Of a body in another form the code counts only
 * where it is one of RFC 6749; the description is for people.
 */
interface OAuthError {
  code: string | undefined;
  description: string | undefined;
}

/** Undefined when the body says nothing. */
function readOAuthError(response: HttpResponse): OAuthError | undefined {
  const fields = readFields(response);
  if (fields === undefined) return undefined;
  const error = fields.get('error');
  const isText = typeof error === 'string' && error !== '';
  const ownCode = isText && !isReasonPhrase(error, response.status) ? error : undefined;
  const code = ownCode ?? errorCodes(fields).find((one) => reasons.has(canonicalCode(one)));
  const description = describedError(fields) ?? (isText ? error : undefined);
  return code === undefined && description === undefined ? undefined : { code, description };
}

/** As Spring Boot, NestJS, Rails and hapi say where no endpoint has answered. `unauthorized` is a code of Spring's own. */
function isReasonPhrase(error: string, status: number): boolean {
  return error === STATUS_CODES[status];
}

const noEndpoint =
  'The response is not an OAuth error, so no credential was evaluated: the broker retries after a pause. ' +
  'If this persists, check that the settings name its token endpoint.';

const passing = 'This is temporary: the broker retries after a pause; the settings need no change.';

const otherwise =
  'Check the scopes, resources and parameters of this client, and that the settings name its token endpoint.';

function grantType({ options: { grant } }: Client): string {
  return grant ?? 'client_credentials';
}

/** The remedies of the error codes that have their own. */
const remedies: Readonly<Record<string, (context: TokenRequestContext) => string>> = {
  invalid_client: ({ request, endpoint }) =>
    `Check ${credentialSettings(request.client)}, look for white space around them, and check that they belong to this ` +
    `environment (staging or production) of the authorization server at ${endpoint.host}.`,
  unauthorized_client: ({ request }) =>
    `Have the grant type ${grantType(request.client)} enabled for the client there, and check ${credentialSettings(request.client)}.`,
  unsupported_grant_type: ({ request }) =>
    `It does not support the grant type ${grantType(request.client)} at this address: check tokenEndpoint or issuer.`,
  invalid_grant: ({ request }) =>
    request.client.options.grant === 'jwt-bearer'
      ? `Check ${credentialSettings(request.client)}: its issuer, subject and audience, and that the key is registered.`
      : otherwise,
  invalid_scope: ({ request }) =>
    `Requested: ${request.scopes}. Have these scopes assigned to the client there, or remove them from its settings.`,
  invalid_target: ({ request: { resources } }) =>
    resources.length === 0
      ? 'No resource was requested: name one in resources, or the audience in parameters, and check the one that parameters name.'
      : `Requested: ${resources.join(' ')}. Have these resources allowed for the client there, or remove them from its settings.`,
};

/** Cause and remedy, without a secret. Text of the authorization server is cleaned first. */
function describeError(
  response: HttpResponse,
  reason: UpstreamFailureReason,
  error: OAuthError | undefined,
  context: TokenRequestContext,
): string {
  const { status } = response;
  const { endpoint, request, redaction } = context;
  if (isRedirect(status)) return describeRedirect(response, context);
  const said = new Set([error?.code, error?.description].filter((text) => text !== undefined));
  const cause = [`HTTP ${status}`, ...[...said].map((text) => redaction.clean(text))].join(', ');
  return `${endpoint.host} refused the token request of client ${request.client.name} (${cause}). ${remedy(status, reason, error?.code, context)}`;
}

function remedy(
  status: number,
  reason: UpstreamFailureReason,
  sentCode: string | undefined,
  context: TokenRequestContext,
): string {
  const { client } = context.request;
  const code = sentCode === undefined ? undefined : canonicalCode(sentCode);
  if (reason === 'throttled') return throttled(client);
  if (status === 407) return 'A proxy in front of it requires a log-in: check tokenEndpoint or issuer.';
  if (!code && (status === 404 || status === 405)) return noEndpoint;
  if (reason === 'unavailable') return passing;
  if (!code && !bareRefusals.has(status)) {
    return 'The response is not an OAuth error, so no credential was evaluated: check that the settings name its token endpoint, and any proxy in front of it.';
  }
  if (!code) {
    return `The response is not an OAuth error: check that the settings name its token endpoint, and check ${credentialSettings(client)}.`;
  }
  if (Object.hasOwn(remedies, code)) return remedies[code]!(context);
  if (reason === 'client_refused') return remedies['invalid_client']!(context);
  return otherwise;
}

function throttled(client: Client): string {
  const { maxTokenRequestsPerMinute } = client.options;
  return `It throttles the client: lower maxTokenRequestsPerMinute (${maxTokenRequestsPerMinute}), or have its limit raised there.`;
}

function describeRedirect(
  { status, headers }: HttpResponse,
  { endpoint, request, redaction }: TokenRequestContext,
): string {
  const location = headers.get('location');
  // Parsing rewrites a secret to a form in which it would not be recognized: it goes first.
  const target = location === null ? null : URL.parse(redaction.hide(location), endpoint);
  // A query may hold anything, and so may the part before the host.
  const isNamed = target !== null && /^https?:$/.test(target.protocol);
  const address = isNamed ? ` to ${redaction.clean(target.origin + target.pathname)}` : '';
  return (
    `The token endpoint of client ${request.client.name} at ${endpoint.host} redirects${address} (HTTP ${status}). ` +
    'Redirects are never followed: the settings must name the final address.'
  );
}
