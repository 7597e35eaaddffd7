import { describeBody, maxBodySize, type HttpResponse } from '#http/http-response.js';
import type { ResponseAnomaly, TokenResponse } from '#tokens/ports/authorization-server.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import { unverifiedClaims } from '#tokens/model/unverified-jwt.js';
import type { Redaction } from '../redaction.js';
import type { TokenRequestContext } from '../request/compose-token-request.js';
import { describedError, errorCodes } from './error-body.js';
import { errorResponseFailure } from './error-response.js';
import { readGrantedScopes } from './granted-scopes.js';
import { InvalidResponse, namedFields, readFields, secondsUntil } from './response-fields.js';
import { readLifetime, readRefreshIn } from './lifetime.js';

/** Visible ASCII only: the token goes into a header. At most 64 KiB. */
const sendable = /^[\x21-\x7E]{1,65536}$/;

/** Ostrom answers 201, Harvest and others 202 or 203, with a whole token response. */
const tokenStatuses: ReadonlySet<number> = new Set([200, 201, 202, 203]);

/** In lower case. No setting makes Bearer tokens of them. */
const boundTokenTypes: ReadonlySet<string> = new Set(['dpop', 'mac', 'n_a', 'pop']);

/**
 * Processes the response to a token request (RFC 6749 §5), whatever it holds.
 * @throws UpstreamFailure and nothing else
 */
export function processTokenResponse(response: HttpResponse, context: TokenRequestContext): TokenResponse {
  const { status } = response;
  if (status >= 300 && status < 600) throw errorResponseFailure(response, context);
  try {
    return readTokenResponse(response, context);
  } catch (error) {
    if (error instanceof InvalidResponse) throw malformed(error, response, context);
    throw error;
  }
}

function readTokenResponse(response: HttpResponse, context: TokenRequestContext): TokenResponse {
  const { request, sentAt, wallTime, redaction } = context;
  const { defaultLifetime, maxLifetime, acceptTokenTypes = [], wireFormat = {} } = request.client.options;
  const fields = namedFields(tokenFields(response), wireFormat);
  // GitHub and Slack answer 200 with an error.
  if (hasError(fields, redaction)) throw errorResponseFailure(response, context);
  const anomalies: ResponseAnomaly[] = [];
  if (isBearerAssumed(fields.get('token_type'), acceptTokenTypes)) anomalies.push('token_type_assumed');
  const accessToken = readAccessToken(fields, redaction);
  const date = response.headers.get('date');
  const expiresAt = wireFormat.responseFields?.expires_at && fields.get('expires_at');
  const expiresIn = expiresAt ? secondsUntil(expiresAt, date, wallTime) : fields.get('expires_in');
  const ends = ['expires_at', 'expires_on'].map((name) => fields.get(name));
  const life = readLifetime({ accessToken, expiresIn, ends, date, wallTime }, defaultLifetime, maxLifetime);
  anomalies.push(...life.anomalies);
  if (isBound(accessToken)) anomalies.push('certificate_bound');
  const { scopes, differ } = readGrantedScopes(
    fields.get('scope'),
    request.scopes,
    redaction,
    wireFormat.scopeSeparator,
  );
  if (differ) anomalies.push('scope_differs');
  const refreshIn = readRefreshIn(fields.get('refresh_in'), maxLifetime);
  const { lifetime } = life;
  const asked = request.authorizationDetails.length > 0;
  const authorizationDetails = asked ? readDetails(fields.get('authorization_details')) : undefined;
  return {
    accessToken: new Secret(accessToken),
    scopes,
    ...(authorizationDetails !== undefined && { authorizationDetails }),
    sentAt,
    lifetime,
    refreshIn,
    anomalies,
  };
}

function tokenFields(response: HttpResponse): ReadonlyMap<string, unknown> {
  const { status, body } = response;
  if (!tokenStatuses.has(status)) throw new InvalidResponse(`the status is ${status} instead of 200`);
  if (body.length > maxBodySize) throw new InvalidResponse('the body is too large');
  const fields = readFields(response);
  if (!fields) throw new InvalidResponse('the body is not a JSON object');
  return fields;
}

/** An empty or null `error` beside a token is none, nor are `false`, 0, and the empty list of PHP. */
function hasError(fields: ReadonlyMap<string, unknown>, redaction: Redaction): boolean {
  const error = fields.get('error') || '';
  if (typeof error === 'string') return error !== '';
  if (Array.isArray(error) && error.length === 0) return false;
  // ArcGIS answers 200 with an object that holds a code.
  if (errorCodes(fields).length > 0) return true;
  throw new InvalidResponse(`it holds an error that is not a string${said(fields, redaction)}`);
}

/** What stands there for people, where a server refuses in a form of its own. */
function said(fields: ReadonlyMap<string, unknown>, redaction: Redaction): string {
  const description = describedError(fields);
  return description === undefined ? '' : `, and says: ${redaction.clean(description)}`;
}

/**
 * Whether the response leaves `token_type` out, as that of Shopify does.
 * @throws InvalidResponse for a type that neither is Bearer nor accepted as such by the client's settings
 */
function isBearerAssumed(tokenType: unknown, accepted: readonly string[]): boolean {
  const type = tokenType ?? '';
  if (typeof type !== 'string') throw new InvalidResponse('token_type is not a string');
  const name = type.trim().toLowerCase();
  if (name === '') return true;
  if (name === 'bearer') return false;
  // These need more than a header: a proof of possession (RFC 9449), a signature, or no token of access at all (RFC 8693).
  if (boundTokenTypes.has(name)) throw new InvalidResponse(`token_type is ${name}, which is not supported`);
  if (accepted.some((one) => one.toLowerCase() === name)) return false;
  throw new InvalidResponse(
    `token_type is not Bearer${/^[a-z_ -]{1,30}$/i.test(type) ? `, but ${type}` : ''}; ` +
      'if its tokens are used as Bearer tokens, add it to acceptTokenTypes of this client',
  );
}

/** RFC 7800: a token that only works for the holder of a key or certificate (RFC 8705 §3), which consumers are not. */
function isBound(accessToken: string): boolean {
  return unverifiedClaims(accessToken)?.get('cnf') !== undefined;
}

/** RFC 9396 §7. They are returned to the consumer: as JSON, of a bounded size. */
function readDetails(details: unknown): string | undefined {
  if (details === undefined || details === null) return undefined;
  const json = JSON.stringify(details);
  if (Array.isArray(details) && json.length <= 16_384) return json;
  throw new InvalidResponse('authorization_details is not a list, or over 16 KiB');
}

function readAccessToken(fields: ReadonlyMap<string, unknown>, redaction: Redaction): string {
  const accessToken = fields.get('access_token') ?? '';
  if (accessToken === '') {
    throw new InvalidResponse(`it has no access_token${otherFields(fields)}${said(fields, redaction)}`);
  }
  if (typeof accessToken !== 'string' || !sendable.test(accessToken)) {
    throw new InvalidResponse('access_token is not a string of 1 to 65536 visible ASCII characters');
  }
  return accessToken;
}

/** Names only, and those only that look like names of fields: a server may put anything there. */
function otherFields(fields: ReadonlyMap<string, unknown>): string {
  const names = [...fields.keys()].filter(
    (name) => /^[a-z][a-z_]{0,31}$/i.test(name) && name !== 'access_token',
  );
  if (names.length === 0) return '';
  return `, but ${names.slice(0, 10).join(', ')}; if one of these contains the token, name it in responseFields of this client`;
}

function malformed(
  fault: InvalidResponse,
  response: HttpResponse,
  { request, endpoint }: TokenRequestContext,
): UpstreamFailure {
  return new UpstreamFailure(
    'malformed',
    `${endpoint.host} did not send client ${request.client.name} a token response: ${fault.message} (${describeBody(response)}). ` +
      'Check that the settings name its token endpoint, and any proxy in front of it.',
  );
}
