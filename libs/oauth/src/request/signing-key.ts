import { createPrivateKey, type KeyObject } from 'node:crypto';
import { importPKCS8, type CryptoKey } from 'jose';
import type { SigningKey } from './client-credential.js';

/**
 * The key that signs assertions.
 * @throws TypeError when it is not a private key in PEM, or not one for the algorithm; the message holds nothing of the key
 */
export async function importSigningKey(credential: SigningKey): Promise<CryptoKey> {
  const { algorithm } = credential;
  const key = readPrivateKey(credential);
  if ((key.asymmetricKeyDetails?.modulusLength ?? Infinity) < 2048) {
    throw new TypeError('an RSA private key must have 2048 bits or more');
  }
  try {
    return await importPKCS8(key.export({ type: 'pkcs8', format: 'pem' }).toString(), algorithm);
  } catch (cause) {
    throw new TypeError(`the private key cannot sign with the algorithm ${algorithm}`, { cause });
  }
}

/** @throws TypeError */
export function readPrivateKey({ privateKey }: SigningKey): KeyObject {
  try {
    return createPrivateKey(privateKey.reveal());
  } catch (cause) {
    throw new TypeError('the private key is not an unencrypted private key in PEM', { cause });
  }
}
