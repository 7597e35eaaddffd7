import { createRemoteJWKSet, customFetch, type RemoteJWKSet } from 'jose';
import type { IssuerConnection } from './issuer-connection.js';
import type { WorkloadIssuer } from './workload-issuer.js';

/**
 * The key set of an issuer, not fetched yet. When to fetch it is left to the caller: the library counts ages on the wall
 * clock, forgets keys that are too old for it, and asks again at once after a failure.
 * @param timeout milliseconds for each HTTP request
 */
export async function remoteKeys(
  issuer: WorkloadIssuer,
  connection: IssuerConnection,
  timeout: number,
): Promise<RemoteJWKSet> {
  const jwksUri = issuer.jwksUri ?? (await discoverJwksUri(issuer.issuer, connection, timeout));
  return createRemoteJWKSet(new URL(jwksUri), {
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    timeoutDuration: timeout,
    [customFetch]: async (url, { headers, signal }) =>
      new Response(await connection.get(new URL(url), Object.fromEntries(headers), signal)),
  });
}

/** OpenID Connect Discovery 1.0 §4. The issuer vouches for the address, so it gets our credential too. */
async function discoverJwksUri(
  issuer: string,
  connection: IssuerConnection,
  timeout: number,
): Promise<string> {
  const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const body = await connection.get(url, { accept: 'application/json' }, AbortSignal.timeout(timeout));
  const metadata = parsed(body);
  if (typeof metadata !== 'object' || metadata === null) throw new Error(`${url.href} is not an object`);
  if (!('issuer' in metadata) || metadata.issuer !== issuer) {
    throw new Error(`${url.href} is of another issuer than ${issuer}`);
  }
  if (!('jwks_uri' in metadata) || typeof metadata.jwks_uri !== 'string') {
    throw new Error(`${url.href} has no jwks_uri`);
  }
  return metadata.jwks_uri;
}

/** The parser's own error would quote the answer. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
