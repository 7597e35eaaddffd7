import type { Token } from '#tokens/model/token.js';
import { parseQuery, type RequestedToken, single, tokenParameters } from './parameters.js';
import { rejectedHash } from './rejected-token.js';
import type { RequestContext } from './request-context.js';
import type { HttpResponse } from './response.js';

/**
 * What a proxy asks for in the query, as nginx `auth_request` and Traefik ForwardAuth do. With `access_token_sha256` it
 * reports that the API has answered 401 to this token: a proxy can keep a header of our response, and cannot hash.
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export function proxyParameters({ query }: RequestContext): RequestedToken {
  const raw = parseQuery(query);
  const sha256 = single(raw, 'access_token_sha256');
  const parameters = tokenParameters(raw, ['access_token_sha256']);
  return sha256 === undefined ? parameters : { ...parameters, rejected: rejectedHash(sha256) };
}

/**
 * What a proxy asks for in the path before that of its own request, as Envoy `ext_authz` with a `path_prefix` does. Its
 * request's path and query follow, and mean nothing here: its client could widen what is asked for.
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export function forwardedParameters({ pathParameters }: RequestContext): RequestedToken {
  const [client, scopes] = pathParameters;
  return tokenParameters(
    new Map([
      ['client', [client as string]],
      ['scopes', [scopes as string]],
    ]),
  );
}

/**
 * A header to pass on to the API, and one to keep for the case that the API rejects it. nginx knows 2xx, 401 and 403
 * only, and makes 500 of all other responses: no request goes to the API without a token.
 */
export function renderAsHeaders({ accessToken }: Token): HttpResponse {
  const authorization = `Bearer ${accessToken.reveal()}`;
  return { headers: ['authorization', authorization, 'access-token-sha256', accessToken.sha256], body: '' };
}
