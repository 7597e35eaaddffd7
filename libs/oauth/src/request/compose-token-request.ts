import { isSecureUrl } from '#http/secure-url.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { TokenEndpoint } from './discovery.js';

/** A token request before it is sent; client authentication adds to its headers or to its body. */
export interface ComposedRequest {
  headers: Headers;
  body: URLSearchParams;
}

/**
 * Composes a token request (RFC 6749 §4.4.2). The client's further parameters cannot replace those of the request.
 * @throws UpstreamFailure `wrong_endpoint` when it would be sent in clear
 */
export function composeTokenRequest(request: TokenRequest, { url }: TokenEndpoint): ComposedRequest {
  const { client, scopes, resources } = request;
  if (!isSecureUrl(url)) {
    throw new UpstreamFailure(
      'wrong_endpoint',
      `The token endpoint of client ${client.name} at ${url.host} is no https URL. Correct tokenEndpoint in the settings.`,
    );
  }
  const body = new URLSearchParams(client.options.parameters);
  body.set('grant_type', 'client_credentials');
  if (scopes.size > 0) body.set('scope', String(scopes));
  for (const resource of resources) {
    body.append('resource', resource);
  }
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
  });
  return { headers, body };
}
