import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const flow = 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow';
const codes = 'https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes';
const requested = 'https://graph.microsoft.com/.default';
const refused = (error: string, text: string, number: number) => ({
  error,
  error_description: `${text}\r\nTrace ID: 0000\r\nCorrelation ID: 0000\r\nTimestamp: 2026-01-09 02:02:12Z`,
  error_codes: [number],
  timestamp: '2026-01-09 02:02:12Z',
  trace_id: '0000',
  correlation_id: '0000',
});

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source: flow,
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: {
      token_type: 'Bearer',
      expires_in: 3_599,
      ext_expires_in: 3_599,
      access_token: someJwt({ iat: 1_000, nbf: 1_000, exp: 4_900 }),
    },
    requested,
    token: { lifetime: 3_599, scopes: requested },
  },
  {
    title: 'a token of the endpoint v1: numbers as strings',
    source:
      'https://learn.microsoft.com/en-us/previous-versions/azure/active-directory/azuread-dev/v1-oauth2-client-creds-grant-flow',
    status: 200,
    body: {
      token_type: 'Bearer',
      expires_in: '3599',
      ext_expires_in: '3599',
      expires_on: '1388452167',
      not_before: '1388448267',
      resource: 'https://service.example/',
      access_token: 'not-a-real-entra-token',
    },
    token: { lifetime: 3_599, scopes: '' },
  },
  {
    title: 'a token of a day that wants to be renewed after half of it',
    source:
      'https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/managed-identities-faq',
    status: 200,
    body: {
      token_type: 'Bearer',
      expires_in: 86_399,
      ext_expires_in: 86_399,
      refresh_in: 43_199,
      access_token: 'not-a-real-entra-token',
    },
    requested,
    token: { lifetime: 86_399, scopes: requested, refreshIn: 43_199 },
  },
  {
    title: 'a wrong secret',
    source: codes,
    status: 401,
    body: refused('invalid_client', 'AADSTS7000215: Invalid client secret provided.', 7_000_215),
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'an unknown application',
    source: codes,
    status: 400,
    body: refused(
      'unauthorized_client',
      'AADSTS700016: Application was not found in the directory.',
      700_016,
    ),
    failure: { reason: 'client_refused', upstreamError: 'unauthorized_client' },
  },
  {
    title: 'a scope without .default',
    source: codes,
    status: 400,
    body: refused('invalid_scope', 'AADSTS1002012: The provided value for scope is not valid.', 1_002_012),
    failure: { reason: 'scope_refused', upstreamError: 'invalid_scope' },
  },
  {
    title: 'an unknown resource',
    source: codes,
    status: 400,
    body: refused(
      'invalid_resource',
      'AADSTS500011: The resource principal was not found in the tenant.',
      500_011,
    ),
    failure: { reason: 'request_refused', upstreamError: 'invalid_resource' },
  },
  {
    title: 'an outage',
    source: codes,
    status: 503,
    headers: { 'retry-after': '10' },
    body: refused('temporarily_unavailable', 'AADSTS90033: A transient error has occurred.', 90_033),
    failure: { reason: 'unavailable', upstreamError: 'temporarily_unavailable', retryAfter: 10 },
  },
];
