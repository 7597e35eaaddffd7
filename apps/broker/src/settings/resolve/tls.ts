import { createSecureContext } from 'node:tls';
import type { SettingsPath } from '../paths.js';
import type { ListenTlsSchema } from '../schema/listen.js';
import type { TlsSettings } from '../settings.js';
import type { FileReader } from './file-reader.js';

/** Undefined when there is none, or when it has a fault. */
export function resolveTls(
  schema: ListenTlsSchema | undefined,
  path: SettingsPath,
  files: FileReader,
): TlsSettings | undefined {
  if (schema === undefined || !path.isValid) return undefined;
  const pair = files.pair(schema, path.key('certificate'), path.key('key'));
  const clientCa = files.authorities(schema.clientCa, path.key('clientCa'));
  if (pair === undefined || !path.isValid) return undefined;
  const tls = Object.freeze({ ...pair, clientCa, minVersion: schema.minVersion });
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
