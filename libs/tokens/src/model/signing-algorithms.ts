import type { KeyObject } from 'node:crypto';

const pss = ['PS256', 'PS384', 'PS512'] as const;

/** What each kind of key can sign (RFC 7518 §3.1, RFC 8037 §3.1), the default first. */
const byKey = {
  rsa: ['RS256', 'RS384', 'RS512', ...pss],
  'rsa-pss': pss,
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
  /** `Ed25519` is the newer name (RFC 9864) of what most servers know as `EdDSA`. */
  ed25519: ['EdDSA', 'Ed25519'],
} as const;

export type SigningAlgorithm = (typeof byKey)[keyof typeof byKey][number];

/** All JWS algorithms that are signed or accepted, asymmetric ones only: with HS256 the public key could sign (RFC 8725 §2.1). */
export const signingAlgorithms: readonly SigningAlgorithm[] = [...new Set(Object.values(byKey).flat())];

/** The algorithms that a private key can sign with, its default first; undefined for another kind of key. */
export function algorithmsOf(key: KeyObject): readonly SigningAlgorithm[] | undefined {
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? '';
  return Object.hasOwn(byKey, kind) ? byKey[kind as keyof typeof byKey] : undefined;
}
