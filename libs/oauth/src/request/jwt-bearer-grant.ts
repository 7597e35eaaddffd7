import type { TokenRequest } from '#tokens/model/token-request.js';
import type { AssertionSigner } from './client-credential.js';
import type { ComposedRequest } from './compose-token-request.js';
import type { TokenEndpoint } from './discovery.js';
import { type SigningContext, signAssertion } from './signed-assertion.js';

/**
 * Makes a token request one with an assertion as its authorization grant (RFC 7523 §2.1).
 * @throws TypeError when the key cannot be used
 */
export async function useJwtBearerGrant(
  { body }: ComposedRequest,
  { client, scopes }: TokenRequest,
  signer: AssertionSigner,
  { issuer }: TokenEndpoint,
  context: SigningContext,
): Promise<void> {
  const { issuer: iss = client.options.clientId, subject: sub, scopeClaim } = signer.assertion ?? {};
  const claims = {
    iss,
    // Google accepts one for the delegation of a user's rights only, although RFC 7523 §3 demands it.
    ...(sub !== undefined && { sub }),
    ...(scopeClaim !== undefined && scopes.size > 0 && { [scopeClaim]: String(scopes) }),
  };
  body.set('grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer');
  body.set('assertion', await signAssertion(signer, claims, issuer, context));
  if (scopeClaim !== undefined) body.delete('scope');
}
