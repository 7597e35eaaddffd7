import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { newApiKey } from '#consumers/api-key.js';
import { configOption } from './cli/config-option.js';
import { exitOnError, runBroker } from './run-broker.js';

/**
 * `npm start`: the broker with the settings file named, or the quickstart with a dev authorization server beside it.
 * The quickstart's secrets are made here, at each start, and are good for this machine only.
 */
await exitOnError(async () => {
  const named = configOption(process.argv.slice(2), process.env);
  await (named === undefined ? quickstart() : runBroker(named));
});

async function quickstart(): Promise<void> {
  const [orderService, financeReport, client] = [newApiKey(), newApiKey(), newApiKey()];
  const clientSecret = client.key.reveal();
  Object.assign(process.env, {
    DEV_AUTHORIZATION_SERVER: await devAuthorizationServer(clientSecret),
    DEV_CLIENT_SECRET: clientSecret,
    ORDER_SERVICE_KEY_HASH: orderService.hash,
    FINANCE_REPORT_KEY_HASH: financeReport.hash,
  });
  const settings = new URL('../../../../apps/broker/quickstart.yaml', import.meta.url);
  const { consumersUrl } = await runBroker(fileURLToPath(settings));
  process.stdout.write(
    `\nThe token broker serves consumers at ${consumersUrl}. Paste this:\n\n` +
      `  curl -sH 'Authorization: Bearer ${orderService.key.reveal()}' '${consumersUrl}/token?scopes=api:partner+create:orders'\n\n`,
  );
}

/** @returns its address */
async function devAuthorizationServer(secret: string): Promise<string> {
  const main = fileURLToPath(new URL('../../dev-authorization-server/src/main.js', import.meta.url));
  const server = spawn(process.execPath, [main], {
    env: { ...process.env, DEV_CLIENT_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => server.kill());
  server.once('exit', (code) => process.exit(code ?? 1));
  const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
  return (JSON.parse(line) as { listening: string }).listening;
}
