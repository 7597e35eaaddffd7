import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DevAuthorizationServer } from './dev-authorization-server.js';
import { readSettings, SettingsError } from './settings.js';

/** EX_CONFIG of sysexits(3). */
const invalidSettings = 78;

try {
  const { tlsDirectory, ...settings } = readSettings(process.env);
  const tls =
    tlsDirectory && settings.name ? await publishedCertificate(tlsDirectory, settings.name) : undefined;
  const server = await DevAuthorizationServer.start({ ...settings, tls });
  const { url, tokenEndpoint } = server;
  const clients = settings.clients.map((client) => client.clientId);
  process.stdout.write(`${JSON.stringify({ listening: url, tokenEndpoint, clients })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.stop());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof SettingsError ? invalidSettings : 1;
}

/** Makes a certificate and puts it, without its key, into the directory: as a whole, for others may be reading it. */
async function publishedCertificate(directory: string, name: string) {
  // The library is slow to load, and few ask for it.
  const { ownCertificate } = await import('./own-certificate.js');
  const certificate = await ownCertificate(name);
  const path = join(directory, 'authorization-server.pem');
  writeFileSync(`${path}.new`, certificate.cert);
  renameSync(`${path}.new`, path);
  return certificate;
}
