import type { TLSSocket } from 'node:tls';
import { Failure } from '#tokens/model/failures.js';
import type { Settings } from '../settings/settings.js';
import { tokenParameters } from './parameters.js';
import type { RequestContext } from './request-context.js';
import { type DocumentResponse, jsonDocument } from './response.js';
import type { BrokerDocuments } from './routes.js';

/** The public keys of one client at the broker, or of all. */
export async function keySet(
  context: RequestContext,
  _settings: unknown,
  { publishedKeys }: BrokerDocuments,
): Promise<DocumentResponse> {
  const { headers, text } = jsonDocument(await publishedKeys.jwks(clientInPath(context)));
  const caching = { 'cache-control': `public, max-age=${publishedKeys.cacheTime}` };
  return { headers: { ...headers, ...caching }, text };
}

/**
 * Authorization server metadata (RFC 8414 §2) of the broker, or of one client at it. The same for any name that may be
 * one, so that it does not disclose which clients there are. A workload JWT is not among the methods: no registered name
 * is for an assertion that another issuer has signed (`private_key_jwt` is one that the client itself signs).
 * @throws Failure `invalid_request`
 */
export function serverMetadata(
  context: RequestContext,
  { publicUrl, listen }: Pick<Settings, 'publicUrl' | 'listen'>,
): DocumentResponse {
  const client = clientInPath(context);
  const base = publicUrl?.replace(/\/$/, '') ?? baseUrlFromHost(context);
  return jsonDocument({
    issuer: client === undefined ? base : `${base}/oauth2/${client}`,
    token_endpoint: client === undefined ? `${base}/oauth2/token` : `${base}/oauth2/${client}/token`,
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      ...(listen.tls?.clientCa === undefined ? [] : ['tls_client_auth']),
    ],
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
  });
}

/** @throws Failure `invalid_request` when it cannot be the name of a client */
function clientInPath({ pathParameters }: RequestContext): string | undefined {
  return tokenParameters(new Map(pathParameters.map((name) => ['client', [name]]))).client;
}

/**
 * Where the caller says that it has found the broker. Safe here: the response is not cached (no-store), and a caller has
 * to compare the issuer with the one that it meant (RFC 8414 §3.3).
 */
function baseUrlFromHost({ request }: RequestContext): string {
  const { host = '' } = request.headers;
  const base = `${(request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http'}://${host}`;
  if (/^[\w.:[\]-]+$/.test(host) && URL.canParse(base)) return base;
  throw new Failure('invalid_request', 'the header Host is malformed');
}
