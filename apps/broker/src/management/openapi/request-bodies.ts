import type { RequestBody } from './openapi.js';
import { reference } from './schemas.js';

export const rejectionBody: RequestBody = {
  description: 'The rejected token by its hash, and what it was asked for with.',
  required: true,
  content: {
    'application/json': {
      schema: reference('Rejection'),
      examples: {
        rejection: {
          summary: 'A rejected token',
          value: {
            access_token_sha256: 'ab'.repeat(32),
            client: 'rabot',
            scopes: 'api:partner create:orders',
          },
        },
      },
    },
  },
};

const grant = { grant_type: 'client_credentials', scope: 'api:partner create:orders' };

export const formBody: RequestBody = {
  description: 'The client credentials grant (RFC 6749 §4.4.2).',
  required: true,
  content: {
    'application/x-www-form-urlencoded': {
      schema: reference('ClientCredentials'),
      examples: {
        basic: { summary: 'With the credential in the header (client_secret_basic)', value: grant },
        post: {
          summary: 'With an API key in the form (client_secret_post)',
          value: { ...grant, client_id: 'order-service', client_secret: 'tbk_...' },
        },
        assertion: {
          summary: 'With a workload JWT (RFC 7523)',
          value: {
            ...grant,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: 'eyJ...',
          },
        },
      },
    },
  },
};
