import { createSecureContext } from 'node:tls';
import type { SettingsPath } from '../paths.js';
import type { ListenTlsSchema } from '../schema/tls.js';
import type { TlsSettings } from '../settings.js';
import type { FileReader } from './file-reader.js';

/** Undefined when there is none, or when it has a fault. */
export function resolveTls(
  schema: ListenTlsSchema | undefined,
  path: SettingsPath,
  files: FileReader,
): TlsSettings | undefined {
  if (schema === undefined || !path.isValid) return undefined;
  const certificate = files.certificates(schema.certificate, path.key('certificate'));
  const key = files.privateKey(schema.key, path.key('key'));
  const clientCa = files.authorities(schema.clientCa, path.key('clientCa'));
  if (certificate === undefined || key === undefined || !path.isValid) return undefined;
  if (!certificate.first.checkPrivateKey(key.key)) {
    path.key('key').fault('must be the private key of the certificate');
    return undefined;
  }
  const { minVersion } = schema;
  const tls = Object.freeze({ certificate: certificate.pem, key: key.pem, clientCa, minVersion });
  if (!isAcceptable(tls))
    path.key('certificate').fault('must be one that OpenSSL accepts: its key may be too short');
  return tls;
}

function isAcceptable({ certificate, key, clientCa }: TlsSettings): boolean {
  try {
    createSecureContext({ cert: certificate, key: key.reveal(), ca: clientCa });
    return true;
  } catch {
    return false;
  }
}
