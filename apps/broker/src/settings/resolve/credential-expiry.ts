import { X509Certificate } from 'node:crypto';
import { certificateOf, type ClientCredential } from '#oauth/request/client-credential.js';
import type { SettingsPath } from '../paths.js';
import type { ClientSchema } from '../schema/client.js';

/**
 * When each credential expires, as far as it is known: by the settings or by its certificate, whichever is earlier.
 * Milliseconds since 1970.
 */
export function credentialExpiries(
  { expiresAt }: ClientSchema,
  credentials: readonly ClientCredential[],
  client: SettingsPath,
): readonly (number | undefined)[] {
  const path = client.key('expiresAt');
  if (!path.isValid) return [];
  const instants = [expiresAt ?? []].flat().map((text) => Date.parse(text));
  if (credentials.length > 0 && instants.length > credentials.length) {
    path.fault(`must not have more dates than there are credentials: ${credentials.length}`);
  }
  const expiries = credentials.map((credential, n) => {
    const known = [instants[n], certificateExpiry(credential)].filter((instant) => instant !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  });
  if (instants.some((instant) => instant <= Date.now())) path.warn('is in the past');
  return Object.freeze(expiries);
}

function certificateExpiry(credential: ClientCredential): number | undefined {
  const own = certificateOf(credential);
  return own && new X509Certificate(own.certificate).validToDate.getTime();
}
