import {
  allowInsecureRequests,
  ClientSecretPost,
  type Configuration,
  customFetch,
  type CustomFetch,
  discovery,
  None,
} from 'openid-client';
import { HttpClient } from '#http/http-client.js';
import { isSecureUrl } from '#http/secure-url.js';
import type { OperatorOidc } from '../../settings/settings.js';

/** Milliseconds for one request to the provider. */
const timeout = 10_000;

/** @throws Error when the metadata cannot be fetched, or are those of another issuer */
export async function discovered(oidc: OperatorOidc): Promise<Configuration> {
  const issuer = new URL(oidc.issuer);
  const authentication = oidc.clientSecret ? ClientSecretPost(oidc.clientSecret.reveal()) : None();
  return discovery(issuer, oidc.clientId, {}, authentication, {
    [customFetch]: fetchBy(new HttpClient({ timeout, ca: oidc.ca }), issuer),
    // Of a provider on the loopback: the settings have no other of http.
    execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
  });
}

/** Metadata must not lead to what listens on this machine, unless the provider does, too. */
function fetchBy(http: HttpClient, issuer: URL): CustomFetch {
  return async (address, { method, headers, body, signal }) => {
    const url = new URL(address);
    if (!isSecureUrl(url) || (url.protocol === 'http:' && issuer.protocol !== 'http:')) {
      throw new Error(`${url.origin} must be https`);
    }
    const response = await http.send(url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      body: body ? String(body) : undefined,
      signal,
    });
    const type = response.headers.get('content-type');
    return new Response(Buffer.from(response.body), {
      status: response.status,
      ...(type !== null && { headers: { 'content-type': type } }),
    });
  };
}
