import type { FastifyRequest } from 'fastify';
import { Failure } from '#tokens/model/failures.js';
import { tokenParameters } from './token-parameters.js';

const wellKnown = '/.well-known/oauth-authorization-server';

/** RFC 8414 §3.1: the well-known part comes before the path of the issuer. */
export const metadataUrls = [wellKnown, `${wellKnown}/oauth2/:client`] as const;

/**
 * Authorization server metadata (RFC 8414 §2) of the broker, or of one client at it. The same for any name that may be
 * one, so that it tells nobody which clients there are. A workload JWT is not among the methods: no registered name is
 * for an assertion that another issuer has signed (`private_key_jwt` is one that the client itself signs).
 * @throws Failure `invalid_request`
 */
export function serverMetadata(request: FastifyRequest, publicUrl: string | undefined): object {
  const { client } = tokenParameters(
    new Map(Object.entries(request.params as object).map(([k, v]) => [k, [v]])),
  );
  const base = publicUrl?.replace(/\/$/, '') ?? requestedBase(request);
  return {
    issuer: client === undefined ? base : `${base}/oauth2/${client}`,
    token_endpoint: client === undefined ? `${base}/oauth2/token` : `${base}/oauth2/${client}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
  };
}

/**
 * Where the caller says that it has found us. Safe here: nobody else gets this answer (no-store), and a caller has to
 * compare the issuer to what it meant to reach (RFC 8414 §3.3).
 */
function requestedBase({ headers }: FastifyRequest): string {
  const { host = '' } = headers;
  if (/^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`)) return `http://${host}`;
  throw new Failure('invalid_request', 'the header Host is malformed');
}
