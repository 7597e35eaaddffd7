import { success } from './responses.js';
import { reference, sha256 } from './schemas.js';

const example = {
  access_token: 'eyJhbGciOiJSUzI1NiJ9.e30.bm90LWEtcmVhbC10b2tlbg',
  token_type: 'Bearer',
  expires_in: 3598,
  scope: 'api:partner create:orders',
  refresh_in: 2901,
};

export const tokenInBody = success('A token, with at least `min_ttl` left.', {
  headers: { Pragma: { description: '`no-cache` (RFC 6749 §5.1).', schema: { type: 'string' } } },
  content: {
    'application/json': {
      schema: reference('Token'),
      examples: { token: { summary: 'A token', value: example } },
    },
  },
});

export const tokenInHeaders = success('A token in the header that the proxy passes on, and no body.', {
  headers: {
    Authorization: {
      description: '`Bearer` and the token: goes to the API.',
      required: true,
      schema: { type: 'string', pattern: '^Bearer [\\x21-\\x7E]+$' },
    },
    'Access-Token-SHA256': {
      description: 'Its SHA-256 in hex, to report it by if the API answers 401.',
      required: true,
      schema: sha256,
    },
  },
});
