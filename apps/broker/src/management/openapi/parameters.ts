import type { Parameter } from './openapi.js';
import { client, resource, scopeList, seconds, sha256 } from './schemas.js';

const scopesInQuery: Parameter = {
  name: 'scopes',
  in: 'query',
  description:
    'Separated by spaces; may repeat. Order and duplicates mean nothing, case does. Left out: all that the consumer may have of the client.',
  schema: scopeList,
  style: 'spaceDelimited',
  explode: false,
  example: ['api:partner', 'create:orders'],
};

/** What `GET /token` and `/forward-auth` are asked with. */
export const queryParameters: readonly Parameter[] = [
  scopesInQuery,
  { ...scopesInQuery, name: 'scope', description: 'Another name for `scopes`; both are united.' },
  {
    name: 'client',
    in: 'query',
    description:
      'Name of the OAuth client in the settings of the broker. May be left out by a consumer that may have exactly one.',
    schema: client,
    example: 'rabot',
  },
  {
    name: 'resource',
    in: 'query',
    description: 'A resource indicator (RFC 8707): absolute, without fragment. May repeat.',
    schema: { type: 'array', items: resource },
    style: 'form',
    explode: true,
    example: ['https://api.example'],
  },
  {
    name: 'min_ttl',
    in: 'query',
    description:
      'Seconds that the token must still live: the broker fails rather than give less. Left out: `minRemaining` of the settings, at most half of the lifetime, waived when no new token can be had.',
    schema: seconds,
    example: 120,
  },
];

export const rejectedInQuery: Parameter = {
  name: 'access_token_sha256',
  in: 'query',
  description:
    'Reports that the API has answered 401 to the token with this SHA-256 (hex or base64url), which `Access-Token-SHA256` of an earlier answer told.',
  schema: sha256,
};

export const clientInPath: Parameter = {
  name: 'client',
  in: 'path',
  required: true,
  description: 'Name of the OAuth client in the settings of the broker.',
  schema: client,
  example: 'rabot',
};

/** What stands in the path for Envoy. */
export const pathParameters: readonly Parameter[] = [
  clientInPath,
  {
    name: 'scopes',
    in: 'path',
    required: true,
    description: 'Separated by spaces, which are written `%20`.',
    schema: { type: 'string', minLength: 1 },
    example: 'api:partner create:orders',
  },
  {
    name: 'rest',
    in: 'path',
    required: true,
    description:
      'Path of the request that the proxy is to let through; its query follows. May have slashes, may be empty, and means nothing here.',
    schema: { type: 'string' },
    example: 'orders',
  },
];
