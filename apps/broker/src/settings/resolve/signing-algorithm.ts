import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../schema/client-authentication-form.js';
import type { Place } from '../place.js';

const pss: readonly SigningAlgorithm[] = ['PS256', 'PS384', 'PS512'];
const rsa: readonly SigningAlgorithm[] = ['RS256', 'RS384', 'RS512', ...pss];

/** RFC 7518 §3.1, RFC 8037 §3.1: what each kind of key can sign, the default first. */
const algorithms: Readonly<Record<string, readonly SigningAlgorithm[]>> = {
  rsa,
  'rsa-pss': pss,
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
  ed25519: ['EdDSA'],
};

/** The algorithm that assertions are signed by: the one that is wanted, or the key's default. */
export function signingAlgorithm(
  key: KeyObject,
  wanted: SigningAlgorithm | undefined,
  client: Place,
): SigningAlgorithm | undefined {
  const { namedCurve, modulusLength = Infinity } = key.asymmetricKeyDetails ?? {};
  const possible = algorithms[namedCurve ?? key.asymmetricKeyType ?? ''];
  if (possible === undefined) {
    client.key('privateKey').fault('must be an RSA, P-256, P-384, P-521 or Ed25519 key');
    return undefined;
  }
  // RFC 7518 §3.3
  if (modulusLength < 2048) client.key('privateKey').fault('must be an RSA key of 2048 bits or more');
  if (wanted !== undefined && !possible.includes(wanted)) {
    client.key('algorithm').fault(`must fit the private key: ${possible.join(', ')}`);
  }
  return wanted ?? possible[0];
}
