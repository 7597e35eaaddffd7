import { clientName } from '../../consumer-api/parameters.js';
import type { Schema } from './openapi.js';

/** RFC 6749 §3.3 */
const scopeText: Schema = { type: 'string', pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$' };

export const scopeList: Schema = { type: 'array', items: scopeText, minItems: 1 };
export const client: Schema = { type: 'string', pattern: clientName.source };
export const resource: Schema = { type: 'string', format: 'uri' };
export const seconds: Schema = { type: 'integer', minimum: 0, maximum: 999_999 };
export const sha256: Schema = { type: 'string', pattern: '^([0-9A-Fa-f]{64}|[A-Za-z0-9_\\-]{43}=?)$' };

const visible: Schema = { type: 'string', pattern: '^[\\x21-\\x7E]+$' };
const oneOrMore = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'array', items: schema }] });
const spaced = 'Separated by spaces. Left out: all that the consumer may have of the client.';

const token: Schema = {
  type: 'object',
  description: 'A token (RFC 6749 §5.1). There is never a refresh token.',
  properties: {
    access_token: { ...visible, description: 'Goes to the API as `Authorization: Bearer …`.' },
    token_type: { type: 'string', const: 'Bearer' },
    expires_in: { type: 'integer', minimum: 0, description: 'Whole seconds left from now on.' },
    scope: { type: 'string', description: 'What was granted.' },
    refresh_in: {
      type: 'integer',
      minimum: 0,
      description: 'Whole seconds after which to ask again: by then the token has been renewed.',
    },
  },
  required: ['access_token', 'token_type', 'expires_in', 'scope', 'refresh_in'],
  additionalProperties: false,
};

const failure: Schema = {
  type: 'object',
  description: 'Why there is no token.',
  properties: {
    error: { type: 'string', description: 'Stable: what programs go by.' },
    error_description: { type: 'string', minLength: 1, description: 'For people: says what to do next.' },
    upstream_error: {
      type: 'string',
      description: 'The code of the authorization server, where it gave one.',
    },
  },
  required: ['error', 'error_description'],
  additionalProperties: false,
};

const rejection: Schema = {
  type: 'object',
  properties: {
    access_token_sha256: { ...sha256, description: 'SHA-256 of the rejected token, in hex or base64url.' },
    client: { ...client, description: 'As in `GET /token`.' },
    scopes: { ...oneOrMore({ type: 'string' }), description: `The scopes it was asked for with. ${spaced}` },
    scope: { ...oneOrMore({ type: 'string' }), description: 'Another name for `scopes`.' },
    resource: { ...oneOrMore(resource), description: 'The resources it was asked for with (RFC 8707).' },
    min_ttl: {
      anyOf: [seconds, { type: 'string', pattern: '^\\d{1,6}$' }],
      description: 'Seconds that the other token must still live.',
    },
  },
  required: ['access_token_sha256'],
  additionalProperties: false,
};

const clientCredentials: Schema = {
  type: 'object',
  description: 'Other fields are ignored (RFC 6749 §3.2).',
  properties: {
    grant_type: { type: 'string', const: 'client_credentials' },
    scope: { type: 'string', description: spaced },
    resource: { type: 'array', items: resource, description: 'Resource indicators (RFC 8707); may repeat.' },
    client_id: { type: 'string', description: 'Name of the consumer. May be left out beside an assertion.' },
    client_secret: { type: 'string', description: 'Its API key (`client_secret_post`).' },
    client_assertion: { type: 'string', description: 'Its workload JWT (RFC 7523), instead of a key.' },
    client_assertion_type: {
      type: 'string',
      const: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      description: 'Goes with `client_assertion`.',
    },
  },
  required: ['grant_type'],
  additionalProperties: true,
};

const metadata: Schema = {
  type: 'object',
  description: 'Authorization server metadata (RFC 8414 §2).',
  properties: {
    issuer: { type: 'string', format: 'uri' },
    token_endpoint: { type: 'string', format: 'uri' },
    token_endpoint_auth_methods_supported: { type: 'array', items: { type: 'string' } },
    grant_types_supported: { type: 'array', items: { type: 'string' } },
    response_types_supported: { type: 'array', items: { type: 'string' } },
  },
  required: ['issuer', 'token_endpoint', 'response_types_supported'],
  additionalProperties: false,
};

/** By the name that references have. */
export const schemas = {
  Token: token,
  Failure: failure,
  Rejection: rejection,
  ClientCredentials: clientCredentials,
  Metadata: metadata,
} as const satisfies Record<string, Schema>;

export function reference(name: keyof typeof schemas): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
