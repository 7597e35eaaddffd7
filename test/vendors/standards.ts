import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'RFC 6749: a token with a parameter of its own',
    source: 'https://www.rfc-editor.org/rfc/rfc6749#section-4.4.3',
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8' },
    body: {
      access_token: 'not-a-real-token',
      token_type: 'example',
      expires_in: 3_600,
      example_parameter: 'example_value',
    },
    failure: { reason: 'malformed' },
  },
  {
    title: 'RFC 6749: a MAC token',
    source: 'https://www.rfc-editor.org/rfc/rfc6749#section-7.1',
    status: 200,
    body: { access_token: 'not-a-real-token', token_type: 'mac', expires_in: 3_600 },
    acceptTokenTypes: ['mac'],
    failure: { reason: 'malformed' },
  },
  {
    title: 'RFC 8693: a token that is no access token',
    source: 'https://www.rfc-editor.org/rfc/rfc8693#section-2.2.1',
    status: 200,
    body: {
      access_token: 'not-a-real-token',
      issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_type: 'N_A',
      expires_in: 3_600,
    },
    failure: { reason: 'malformed' },
  },
  {
    title: 'RFC 8707: a resource that is not allowed',
    source: 'https://www.rfc-editor.org/rfc/rfc8707#section-2',
    status: 400,
    body: { error: 'invalid_target', error_description: 'Resource not allowed' },
    failure: { reason: 'scope_refused', upstreamError: 'invalid_target' },
  },
  {
    title: 'RFC 9449: a token bound to a key',
    source: 'https://www.rfc-editor.org/rfc/rfc9449#section-5',
    status: 200,
    body: { access_token: 'not-a-real-token', token_type: 'DPoP', expires_in: 2_677 },
    failure: { reason: 'malformed' },
  },
  {
    title: 'RFC 9449: a nonce is wanted',
    source: 'https://www.rfc-editor.org/rfc/rfc9449#section-8',
    status: 400,
    headers: { 'dpop-nonce': 'not-a-real-nonce' },
    body: { error: 'use_dpop_nonce', error_description: 'Authorization server requires nonce in DPoP proof' },
    failure: { reason: 'request_refused', upstreamError: 'use_dpop_nonce' },
  },
];
