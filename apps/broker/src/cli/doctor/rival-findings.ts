import { UpstreamFailure } from '#tokens/model/failures.js';
import type { Secret } from '#tokens/model/secret.js';
import type { ConnectedClient } from '../../core/connected-client.js';
import { fault, type Finding } from './finding.js';

/**
 * Whether the first of these tokens has ended although its life has not, as far as the server says by introspection
 * (RFC 7662): then each scope set would end the token of the others.
 */
export async function rivalFindings(client: ConnectedClient, tokens: readonly Secret[]): Promise<Finding[]> {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (first === undefined || last === undefined || first.sha256 === last.sha256) return [];
  if (client.options.oneToken !== undefined) return [];
  try {
    if ((await client.server.isActive(first)) !== false) return [];
    // An endpoint that calls all tokens of this client inactive says nothing.
    if ((await client.server.isActive(last)) !== true) return [];
  } catch (error) {
    if (error instanceof UpstreamFailure) return [];
    throw error;
  }
  return [
    fault('one_token_at_a_time', 'The first token became inactive when another scope set got one.', [
      'tokens of this client invalidate each other: set oneTokenPerClient: true to make all requests share one',
    ]),
  ];
}
