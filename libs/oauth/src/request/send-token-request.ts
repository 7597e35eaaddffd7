import { allowInsecureRequests, clientCredentialsGrantRequest, customFetch } from 'oauth4webapi';
import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { clientAuthentication } from './client-authentication.js';
import { credentialSettings, type ClientCredential } from './client-credential.js';
import { isSecureUrl } from '../secure-url.js';
import type { TokenEndpoint } from './token-endpoint.js';
import { userAgent, type Outgoing } from '../transport.js';

/** Takes a composed request to the authorization server and gives what became of it. */
export type Wire<T> = (outgoing: Outgoing) => Promise<T>;

/**
 * Composes a token request (RFC 6749 §4.4.2), authenticates the client, and gives what `wire` makes of it.
 * @throws UpstreamFailure when it would go out in clear, TypeError when the credential cannot be used
 */
export async function sendTokenRequest<T>(
  request: TokenRequest,
  endpoint: TokenEndpoint,
  credential: ClientCredential,
  wire: Wire<T>,
): Promise<T> {
  const { name, clientId } = request.client.options;
  if (!isSecureUrl(endpoint.url)) {
    throw new UpstreamFailure(
      'client_refused',
      `The token endpoint of client ${name} at ${endpoint.url.host} is no https URL. Correct tokenEndpoint in the settings.`,
    );
  }
  const outcome: unknown = await clientCredentialsGrantRequest(
    { issuer: endpoint.issuer, token_endpoint: endpoint.url.href },
    { client_id: clientId },
    await clientAuthentication(credential),
    parameters(request),
    {
      headers: { 'user-agent': userAgent },
      [allowInsecureRequests]: endpoint.url.protocol === 'http:',
      // The library hands on what its fetch gives, so this is the outcome instead of a Response.
      [customFetch]: async (_url, outgoing): Promise<never> => (await wire(outgoing)) as never,
    },
  );
  return outcome as T;
}

/** When the library refuses to compose it: a credential of no use, most of all. */
export function unsendable(client: Client, cause: unknown): UpstreamFailure {
  return new UpstreamFailure(
    'client_refused',
    `No token request can be made for client ${client.name}. Check ${credentialSettings(client)} in the settings.`,
    { cause },
  );
}

/** What the request itself says goes over the client's further parameters. */
function parameters({ client, scopes, resources }: TokenRequest): URLSearchParams {
  const all = new URLSearchParams(client.options.parameters);
  if (scopes.size > 0) all.set('scope', String(scopes));
  for (const resource of resources) {
    all.append('resource', resource);
  }
  return all;
}
