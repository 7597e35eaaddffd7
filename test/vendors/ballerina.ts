import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with status 201',
    source: 'https://github.com/ballerina-platform/ballerina-library/issues/3334',
    status: 201,
    body: {
      access_token: 'not-a-real-ballerina-token',
      token_type: 'example',
      expires_in: 3_600,
      example_parameter: 'example_value',
    },
    acceptTokenTypes: ['example'],
    token: { lifetime: 3_600, scopes: '' },
  },
];
