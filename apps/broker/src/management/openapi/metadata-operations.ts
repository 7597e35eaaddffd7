import { clientInPath } from './parameters.js';
import { failureResponses, success } from './responses.js';
import { reference } from './schemas.js';
import type { DescribedOperation, RoutePath, TokenRoutePath } from './token-operations.js';

const forAnybody = { tags: ['OAuth'], security: [] };

/** What is said about the metadata of the broker as an authorization server. */
export const metadataOperations: Readonly<Record<Exclude<RoutePath, TokenRoutePath>, DescribedOperation>> = {
  '/.well-known/oauth-authorization-server': {
    ...forAnybody,
    operationId: 'getServerMetadata',
    summary: 'Find the token endpoint',
    description: 'Authorization server metadata (RFC 8414), by which OAuth code finds the token endpoint.',
    parameters: [],
    responses: metadata(''),
    sample: { target: '/.well-known/oauth-authorization-server', options: [] },
  },
  '/.well-known/oauth-authorization-server/oauth2/:client': {
    ...forAnybody,
    operationId: 'getServerMetadataOfClient',
    summary: 'Find the token endpoint of one client',
    description: 'The same for any name that may be one: it tells nobody which clients there are.',
    parameters: [clientInPath],
    responses: metadata('/rabot'),
    sample: { target: '/.well-known/oauth-authorization-server/oauth2/rabot', options: [] },
  },
};

function metadata(client: '' | '/rabot'): DescribedOperation['responses'] {
  const base = 'http://token-broker:8080';
  const value = {
    issuer: client && `${base}/oauth2${client}`,
    token_endpoint: `${base}/oauth2${client}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
  };
  const found = success('The metadata.', {
    content: {
      'application/json': {
        schema: reference('Metadata'),
        examples: { metadata: { summary: 'Metadata', value: { ...value, issuer: value.issuer || base } } },
      },
    },
  });
  return { 200: found, ...failureResponses(['malformedAddress']) };
}
