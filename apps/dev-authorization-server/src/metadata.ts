import { assertionAlgorithms } from './client-assertions.js';
import { knownScopes } from './partner-types.js';

export const tokenPath = '/connect/token';
export const jwksPath = '/.well-known/jwks.json';
export const metadataPaths = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
] as const;

/** RFC 8414 §2, with what OpenID Connect Discovery §3 requires besides. */
export function metadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    token_endpoint: `${issuer}${tokenPath}`,
    jwks_uri: `${issuer}${jwksPath}`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    scopes_supported: [...knownScopes],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
    ],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  };
}
