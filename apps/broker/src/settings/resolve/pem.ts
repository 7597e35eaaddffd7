import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { TextOrFile } from '../schema/text-or-file.js';
import type { Place } from '../place.js';
import type { FileReader } from './file-reader.js';

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @returns undefined, and a fault at the place, unless it is an unencrypted private key */
export function privateKeyIn(pem: string | undefined, place: Place): KeyObject | undefined {
  if (pem === undefined) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    place.fault('must be an unencrypted private key in PEM');
    return undefined;
  }
}

/** @returns the certificates in their order; none, and a fault at the place, unless all are valid */
export function certificatesIn(pem: string | undefined, place: Place): X509Certificate[] {
  if (pem === undefined) return [];
  try {
    const certificates = (pem.match(certificateBlock) ?? []).map((block) => new X509Certificate(block));
    if (certificates.length === 0) place.fault('must be a certificate in PEM');
    return certificates;
  } catch {
    place.fault('must be a certificate in PEM');
    return [];
  }
}

/** The certificates of the authorities to trust, in PEM. */
export function authoritiesIn(
  value: TextOrFile | undefined,
  place: Place,
  files: FileReader,
): string | undefined {
  if (!place.clean) return undefined;
  const pem = files.trimmed(value, place);
  certificatesIn(pem, place);
  return pem;
}
