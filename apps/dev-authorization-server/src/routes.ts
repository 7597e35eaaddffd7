import type { AccessTokens } from './access-tokens.js';
import { knownScopes } from './clients.js';
import type { Controls } from './controls.js';
import { type HttpResponse, jsonResponse } from './http-response.js';
import type { Handler, Routes } from './router.js';
import type { RevocationEndpoint } from './revocation-endpoint.js';
import type { TokenRequestHandler } from './token-request-handler.js';

export const tokenPath = '/connect/token';

const revocationPath = '/connect/revocation';
const jwksPath = '/.well-known/jwks.json';
const metadataPaths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

/** @param controls without them there is no `/control` */
export function routes(
  issuer: string,
  tokens: AccessTokens,
  handler: TokenRequestHandler,
  revocation: RevocationEndpoint,
  controls: Controls | undefined,
): Routes {
  const describe: Handler = async () => jsonResponse(200, metadata(issuer));
  const control: Handler = async (request) => controls?.serve(request);
  return new Map<string, Record<string, Handler>>([
    [tokenPath, { POST: (request, response) => handler.handle(request, response) }],
    ...metadataPaths.map((path) => [path, { GET: describe }] as const),
    [revocationPath, { POST: (request) => revocation.handle(request) }],
    [jwksPath, { GET: async () => jsonResponse(200, { keys: [tokens.publicJwk] }) }],
    ['/partner/v1/orders', { GET: async ({ headers }) => ordersApi(headers.authorization, tokens) }],
    ...(controls ? [['/control', { GET: control, POST: control, DELETE: control }] as const] : []),
  ]);
}

/** RFC 8414 §2, with what OpenID Connect Discovery §3 requires besides. */
function metadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    token_endpoint: `${issuer}${tokenPath}`,
    revocation_endpoint: `${issuer}${revocationPath}`,
    jwks_uri: `${issuer}${jwksPath}`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    scopes_supported: [...knownScopes],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  };
}

const requiredScope = 'api:partner';

/** `GET /partner/v1/orders` returns client and scopes of the token that it is called with (RFC 6750). */
function ordersApi(authorization: string | undefined, tokens: AccessTokens): HttpResponse {
  const value = /^bearer +(.*)$/i.exec(authorization ?? '')?.[1];
  // RFC 6750 §3.1: without a token there is no error code.
  if (value === undefined) return refused(401, undefined, 'call with Authorization: Bearer <token>');
  const token = tokens.active(value);
  if (token === undefined) {
    return refused(401, 'invalid_token', 'the token is expired, revoked, or not of this server');
  }
  if (token.scopes.includes(requiredScope)) {
    return jsonResponse(200, { client: token.clientId, scopes: token.scopes });
  }
  return refused(403, 'insufficient_scope', `the scope ${requiredScope} is needed`, requiredScope);
}

function refused(
  status: number,
  error: string | undefined,
  description: string,
  scope?: string,
): HttpResponse {
  const challenge = ['Bearer realm="partner API"'];
  if (error !== undefined) challenge.push(`error="${error}"`, `error_description="${description}"`);
  if (scope !== undefined) challenge.push(`scope="${scope}"`);
  const headers = { 'www-authenticate': challenge.join(', ') };
  return jsonResponse(status, { error, error_description: description }, headers);
}
