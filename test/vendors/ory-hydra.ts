import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://www.ory.com/docs/hydra/guides/client-credentials';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-ory-token',
      expires_in: 3_599,
      scope: 'photos.read',
      token_type: 'bearer',
    },
    requested: 'photos.read',
    token: { lifetime: 3_599, scopes: 'photos.read' },
  },
  {
    title: 'the wrong client authentication',
    source,
    status: 401,
    body: {
      error: 'invalid_client',
      error_description:
        "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method). The OAuth 2.0 Client supports client authentication method 'client_secret_basic', but method 'client_secret_post' was requested.",
    },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'a scope that the client does not have',
    source,
    status: 400,
    body: {
      error: 'invalid_scope',
      error_description:
        "The requested scope is invalid, unknown, or malformed. The OAuth 2.0 Client is not allowed to request scope 'photos.write'.",
    },
    failure: { reason: 'scope_refused', upstreamError: 'invalid_scope' },
  },
];
