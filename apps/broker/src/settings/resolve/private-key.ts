import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Secret } from '#tokens/model/secret.js';
import { parseJsonObject } from '#tokens/model/json-object.js';

export interface PrivateKey {
  pem: Secret;
  key: KeyObject;
  /** `kid` of a JWK. */
  keyId: string | undefined;
}

const wanted = 'must be an unencrypted private key in PEM, or a JWK';

const others: readonly [RegExp, string][] = [
  [/ENCRYPTED/, 'this one is encrypted: decrypt it by `openssl pkey -in FILE`'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^\n]*\S/, 'its line breaks are missing'],
  [/-----BEGIN CERTIFICATE-----/, 'this is a certificate'],
  [/-----BEGIN (?:RSA )?PUBLIC KEY-----/, 'this is a public key'],
];

/**
 * Reads PEM (PKCS #8, PKCS #1 or SEC 1, with certificates and attributes around it) or a JWK (RFC 7517). Line breaks of PEM
 * may be `\n` in two characters, as in a JSON file.
 * @returns a fault when it is neither
 */
export function readPrivateKey(text: string): PrivateKey | { fault: string } {
  const jwk = text.startsWith('{') ? parseJsonObject(text) : undefined;
  if (jwk !== undefined) return readJwk(jwk);
  const pem = text.includes('\n') ? text : text.replaceAll(String.raw`\n`, '\n');
  try {
    return { pem: new Secret(pem), key: createPrivateKey(pem), keyId: undefined };
  } catch {
    const instead = others.find(([pattern]) => pattern.test(pem))?.[1];
    return { fault: instead === undefined ? wanted : `${wanted}; ${instead}` };
  }
}

/** How many private keys there are in a text. */
export function countPrivateKeys(text: string): number {
  return text.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----/g)?.length ?? 0;
}

function readJwk(jwk: ReadonlyMap<string, unknown>): PrivateKey | { fault: string } {
  const kid = jwk.get('kid');
  try {
    const key = createPrivateKey({ key: Object.fromEntries(jwk) as JsonWebKey, format: 'jwk' });
    const pem = new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString());
    return { pem, key, keyId: typeof kid === 'string' && kid !== '' ? kid : undefined };
  } catch {
    return { fault: jwk.has('d') ? wanted : `${wanted}; this JWK is a public key` };
  }
}
