import type { ResponseAnomaly, TokenResponse } from '#tokens/ports/authorization-server.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import { bodyLimit, describeBody, type Answer } from '../answer.js';
import type { Exchange } from '../request/exchange.js';
import { readGrantedScopes } from './granted-scopes.js';
import { jsonFields } from './json-fields.js';
import { readLifetime, readRefreshIn } from './lifetime.js';
import { MalformedAnswer } from './malformed-answer.js';
import { refusal } from './refusal.js';

/** Visible ASCII only: the token goes into a header. At most 64 KiB. */
const sendable = /^[\x21-\x7E]{1,65536}$/;

/**
 * Judges the answer to a token request (RFC 6749 §5), whatever it holds.
 * @throws UpstreamFailure and nothing else
 */
export function judgeTokenAnswer(answer: Answer, exchange: Exchange): TokenResponse {
  if (answer.status >= 300 && answer.status < 600) throw refusal(answer, exchange);
  try {
    return readTokenAnswer(answer, exchange);
  } catch (error) {
    if (error instanceof MalformedAnswer) throw malformed(error, answer, exchange);
    throw error;
  }
}

function readTokenAnswer(answer: Answer, { request, sentAt, redaction }: Exchange): TokenResponse {
  const fields = tokenFields(answer);
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

function tokenFields({ status, body }: Answer): ReadonlyMap<string, unknown> {
  if (status !== 200) throw new MalformedAnswer(`the status is ${status} instead of 200`);
  if (body.length > bodyLimit) throw new MalformedAnswer('the body is too large');
  const fields = jsonFields(body);
  if (!fields) throw new MalformedAnswer('the body is not a JSON object');
  if ((fields.get('error') ?? null) !== null)
    throw new MalformedAnswer('it holds an error in spite of status 200');
  return fields;
}

function readAccessToken(fields: ReadonlyMap<string, unknown>): string {
  const tokenType = fields.get('token_type');
  if (typeof tokenType !== 'string' || tokenType.toLowerCase() !== 'bearer') {
    throw new MalformedAnswer('token_type is not Bearer');
  }
  const accessToken = fields.get('access_token');
  if (typeof accessToken !== 'string' || !sendable.test(accessToken)) {
    throw new MalformedAnswer('access_token is not a string of 1 to 65536 visible ASCII characters');
  }
  return accessToken;
}

function malformed(fault: MalformedAnswer, answer: Answer, { request, endpoint }: Exchange): UpstreamFailure {
  return new UpstreamFailure(
    'malformed',
    `${endpoint.host} gave client ${request.client.name} no token response: ${fault.message} (${describeBody(answer)}). ` +
      'Check that the settings name its token endpoint, and what stands in front of it.',
  );
}
