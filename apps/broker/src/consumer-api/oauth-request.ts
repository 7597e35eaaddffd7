import type { FastifyRequest } from 'fastify';
import type { Credential } from '#consumers/credential.js';
import { Failure } from '#tokens/model/failures.js';
import { parseClientAuthentication } from './client-authentication.js';
import type { Asked } from './exchange.js';
import { authorizationOf, queryOf } from './request-parts.js';
import { parseQuery, type RawParameters, single, tokenParameters } from './token-parameters.js';
import { UnsupportedGrantType } from './unsupported-grant-type.js';

/** @throws Failure `invalid_client`, `invalid_request` */
export function clientCredential(request: FastifyRequest): Credential {
  return parseClientAuthentication(authorizationOf(request.raw), formOf(request));
}

/**
 * The parameters of RFC 6749 §4.4.2 and RFC 8707 §2. Others are ignored (§3.2).
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export function askedByClient(request: FastifyRequest): Asked {
  const form = formOf(request);
  const grantType = single(form, 'grant_type');
  if (grantType === undefined)
    throw new Failure('invalid_request', 'grant_type is missing; send client_credentials');
  if (grantType !== 'client_credentials') throw new UnsupportedGrantType();
  const { client } = request.params as { client?: string };
  const known = { client: client && [client], scope: form.get('scope'), resource: form.get('resource') };
  single(form, 'scope');
  return tokenParameters(
    new Map(Object.entries(known).flatMap(([name, values]) => (values ? [[name, values]] : []))),
  );
}

function formOf(request: FastifyRequest): RawParameters {
  return (request.exchange.form ??= parseForm(request));
}

function parseForm(request: FastifyRequest): RawParameters {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType) || !Buffer.isBuffer(request.body)) {
    throw new Failure(
      'invalid_request',
      'send the parameters as application/x-www-form-urlencoded in the body',
    );
  }
  // Two places for one parameter: what was left out of the body would widen the request. And a secret in an address is told to logs.
  if (queryOf(request) !== '') throw new Failure('invalid_request', 'parameters go into the body here');
  return withoutEmpty(parseQuery(request.body.toString('latin1')));
}

/**
 * RFC 6749 §3.2: a parameter without a value counts as omitted. Not so `scope`: an unset variable must not widen the
 * request, and §3.3 lets a server refuse to guess.
 */
function withoutEmpty(form: RawParameters): RawParameters {
  return new Map(
    [...form].filter(([name, values]) => name === 'scope' || values.some((value) => value !== '')),
  );
}
