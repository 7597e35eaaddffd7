import { retryAfter } from '#http/header-fields.js';
import { type HttpResponse, jsonObjectIn, maxBodySize } from '#http/http-response.js';
import { isLoopback, isSecureUrl } from '#http/secure-url.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { InvalidResponse } from '../response/response-fields.js';

export interface ServerMetadata {
  issuer: string;
  tokenEndpoint: URL;
  /** For clients that show a certificate (RFC 8705 §5); often the same. */
  mtlsTokenEndpoint: URL;
  /** RFC 7009; undefined where the server names none that is safe to use. */
  revocationEndpoint: URL | undefined;
  mtlsRevocationEndpoint: URL | undefined;
  /** RFC 7662. */
  introspectionEndpoint: URL | undefined;
  /** Of its public keys; undefined where the server names none that is safe to use. */
  jwksUri: URL | undefined;
}

/**
 * Processes the response to a metadata request (RFC 8414 §3.2).
 * @throws UpstreamFailure `unavailable` for a passing failure, InvalidResponse when it is not the metadata of this issuer
 */
export function processMetadata(issuer: URL, response: HttpResponse): ServerMetadata {
  const { status, headers, body } = response;
  if (status === 408 || status === 429 || status >= 500) {
    throw new UpstreamFailure(
      'unavailable',
      `${issuer.host} answered HTTP ${status} instead of its metadata. The broker retries after a pause.`,
      { retryAfter: retryAfter(headers) },
    );
  }
  if (status !== 200) throw new InvalidResponse(`HTTP ${status}`);
  if (body.length > maxBodySize) throw new InvalidResponse('too large');
  const metadata = jsonObjectIn(response);
  const name = metadata?.get('issuer');
  if (!metadata || typeof name !== 'string' || !URL.canParse(name)) {
    throw new InvalidResponse('not a metadata document');
  }
  if (new URL(name).href !== issuer.href)
    throw new InvalidResponse(`it names issuer ${shown(name)} instead of ${issuer.href}`);
  const tokenEndpoint = metadata.get('token_endpoint');
  const { token_endpoint: alias, revocation_endpoint: revocationAlias } = Object(
    metadata.get('mtls_endpoint_aliases'),
  );
  const revocationEndpoint = metadata.get('revocation_endpoint');
  return {
    issuer: name,
    tokenEndpoint: readEndpoint(tokenEndpoint, issuer),
    mtlsTokenEndpoint: readEndpoint(alias ?? tokenEndpoint, issuer),
    revocationEndpoint: safeEndpoint(revocationEndpoint, issuer),
    mtlsRevocationEndpoint: safeEndpoint(revocationAlias ?? revocationEndpoint, issuer),
    introspectionEndpoint: safeEndpoint(metadata.get('introspection_endpoint'), issuer),
    jwksUri: safeEndpoint(metadata.get('jwks_uri'), issuer),
  };
}

function readEndpoint(value: unknown, issuer: URL): URL {
  if (value === undefined) throw new InvalidResponse('no token_endpoint');
  const url = safeEndpoint(value, issuer);
  if (url === undefined) throw new InvalidResponse('its token_endpoint is no https URL');
  return url;
}

/** Without a user, a query or a fragment, which may hold anything. */
function shown(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`.slice(0, 200);
}

/** An http URL is accepted for an issuer on the loopback only: other metadata must not direct a secret to this host. */
function safeEndpoint(value: unknown, issuer: URL): URL | undefined {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  const isSafe = url?.protocol === 'https:' || isLoopback(issuer);
  return url !== null && isSafe && isSecureUrl(url) ? url : undefined;
}
