import { describeBody, maxBodySize, type HttpResponse } from '#http/http-client.js';
import { decodeText } from '#http/media-type.js';
import type { ResponseAnomaly, TokenResponse } from '#tokens/ports/authorization-server.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { parseJsonObject } from '#tokens/model/json-object.js';
import { Secret } from '#tokens/model/secret.js';
import type { TokenRequestContext } from '../request/token-request-context.js';
import { errorResponseFailure } from './error-response.js';
import { readGrantedScopes } from './granted-scopes.js';
import { InvalidResponse } from './invalid-response.js';
import { readLifetime, readRefreshIn } from './lifetime.js';

/** Visible ASCII only: the token goes into a header. At most 64 KiB. */
const sendable = /^[\x21-\x7E]{1,65536}$/;

/**
 * Processes the response to a token request (RFC 6749 §5), whatever it holds.
 * @throws UpstreamFailure and nothing else
 */
export function processTokenResponse(response: HttpResponse, context: TokenRequestContext): TokenResponse {
  if (response.status >= 300 && response.status < 600) throw errorResponseFailure(response, context);
  try {
    return readTokenResponse(response, context);
  } catch (error) {
    if (error instanceof InvalidResponse) throw malformed(error, response, context);
    throw error;
  }
}

function readTokenResponse(
  response: HttpResponse,
  { request, sentAt, redaction }: TokenRequestContext,
): TokenResponse {
  const fields = readFields(response);
  const accessToken = readAccessToken(fields);
  const { defaultLifetime } = request.client.options;
  const { lifetime, anomaly } = readLifetime(fields.get('expires_in'), accessToken, defaultLifetime);
  const { scopes, differ } = readGrantedScopes(fields.get('scope'), request.scopes, redaction);
  const anomalies: ResponseAnomaly[] = [];
  if (anomaly) anomalies.push(anomaly);
  if (differ) anomalies.push('scope_differs');
  const refreshIn = readRefreshIn(fields.get('refresh_in'));
  return { accessToken: new Secret(accessToken), scopes, sentAt, lifetime, refreshIn, anomalies };
}

function readFields({ status, headers, body }: HttpResponse): ReadonlyMap<string, unknown> {
  if (status !== 200) throw new InvalidResponse(`the status is ${status} instead of 200`);
  if (body.length > maxBodySize) throw new InvalidResponse('the body is too large');
  const fields = parseJsonObject(decodeText(body, headers.get('content-type')));
  if (!fields) throw new InvalidResponse('the body is not a JSON object');
  if ((fields.get('error') ?? null) !== null)
    throw new InvalidResponse('it holds an error in spite of status 200');
  return fields;
}

function readAccessToken(fields: ReadonlyMap<string, unknown>): string {
  const tokenType = fields.get('token_type');
  if (typeof tokenType !== 'string' || tokenType.toLowerCase() !== 'bearer') {
    throw new InvalidResponse('token_type is not Bearer');
  }
  const accessToken = fields.get('access_token');
  if (typeof accessToken !== 'string' || !sendable.test(accessToken)) {
    throw new InvalidResponse('access_token is not a string of 1 to 65536 visible ASCII characters');
  }
  return accessToken;
}

function malformed(
  fault: InvalidResponse,
  response: HttpResponse,
  { request, endpoint }: TokenRequestContext,
): UpstreamFailure {
  return new UpstreamFailure(
    'malformed',
    `${endpoint.host} gave client ${request.client.name} no token response: ${fault.message} (${describeBody(response)}). ` +
      'Check that the settings name its token endpoint, and what stands in front of it.',
  );
}
