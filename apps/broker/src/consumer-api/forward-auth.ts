import type { FastifyRequest } from 'fastify';
import type { Token } from '#tokens/model/token.js';
import type { Asked } from './exchange.js';
import { rejectedHash } from './rejection.js';
import { queryOf } from './request-parts.js';
import type { TokenAnswer } from './token-answering.js';
import { parseQuery, single, tokenParameters } from './token-parameters.js';

/**
 * What a proxy asks for in the query, as nginx `auth_request` and Traefik ForwardAuth do. With `access_token_sha256` it
 * reports that the API has answered 401 to this token: a proxy can remember a header of our answer, and can hash nothing.
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export function askedInQuery(request: FastifyRequest): Asked {
  const raw = new Map(parseQuery(queryOf(request)));
  const sha256 = single(raw, 'access_token_sha256');
  raw.delete('access_token_sha256');
  const parameters = tokenParameters(raw);
  return sha256 === undefined ? parameters : { ...parameters, rejected: rejectedHash(sha256) };
}

/**
 * What a proxy asks for in the path before that of its own request, as Envoy `ext_authz` with a `path_prefix` does. Its
 * request's path and query come behind, and mean nothing here: its client could widen what is asked for.
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export function askedInPath({ params }: FastifyRequest): Asked {
  const { client, scopes } = params as { client: string; scopes: string };
  return tokenParameters(
    new Map([
      ['client', [client]],
      ['scopes', [scopes]],
    ]),
  );
}

/**
 * A header to pass on to the API, and one to remember for the case that it is refused. nginx knows 2xx, 401 and 403
 * only, and makes 500 of all other answers: no request goes to the API without a token.
 */
export function answerInHeaders({ accessToken }: Token): TokenAnswer {
  const authorization = `Bearer ${accessToken.reveal()}`;
  const headers = ['authorization', authorization, 'access-token-sha256', accessToken.sha256];
  return { headers, body: '' };
}
