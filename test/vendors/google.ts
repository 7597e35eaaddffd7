import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developers.google.com/identity/protocols/oauth2/service-account';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token of a service account',
    source,
    status: 200,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: {
      access_token: 'not-a-real-google-token',
      scope: 'https://www.googleapis.com/auth/prediction',
      token_type: 'Bearer',
      expires_in: 3_600,
    },
    requested: 'https://www.googleapis.com/auth/prediction',
    token: { lifetime: 3_600, scopes: 'https://www.googleapis.com/auth/prediction' },
  },
  {
    title: 'an ID token only',
    source,
    status: 200,
    body: { id_token: 'not-a-real-id-token' },
    failure: { reason: 'malformed' },
  },
  {
    title: 'an assertion whose signature is wrong',
    source,
    status: 400,
    body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
    failure: { reason: 'request_refused', upstreamError: 'invalid_grant' },
  },
  {
    title: 'a scope that does not exist',
    source,
    status: 400,
    body: { error: 'invalid_scope', error_description: 'Empty or missing scope not allowed.' },
    failure: { reason: 'scope_refused', upstreamError: 'invalid_scope' },
  },
  {
    title: 'a client that was deleted',
    source: 'https://developers.google.com/identity/protocols/oauth2/web-server',
    status: 401,
    body: { error: 'deleted_client', error_description: 'The OAuth client was deleted.' },
    failure: { reason: 'client_refused', upstreamError: 'deleted_client' },
  },
];
