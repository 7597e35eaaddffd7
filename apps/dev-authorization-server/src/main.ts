import { DevAuthorizationServer } from './dev-authorization-server.js';
import { readSettings, SettingsError } from './settings.js';

/** EX_CONFIG of sysexits(3). */
const invalidSettings = 78;

try {
  const settings = readSettings(process.env);
  const server = await DevAuthorizationServer.start(settings);
  const { url, tokenEndpoint } = server;
  const clients = settings.clients.map((client) => client.clientId);
  process.stdout.write(`${JSON.stringify({ listening: url, tokenEndpoint, clients })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.stop());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof SettingsError ? invalidSettings : 1;
}
