import { join } from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { freePort } from '#test/free-port.js';
import { client, clientSecret, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';
import { toolRun } from './tool-run.js';

it('explain and doctor say what a running broker has left of a quota, and that it has a refused credential on trial', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const secret = join(folder, 'client-secret');
  writeFileSync(secret, clientSecret);
  const server = await runningServer();
  const key = someKey();
  const quotas = { perHour: 150, perDay: 2 };
  const broker = await BrokerProcess.start({
    management: { host: '127.0.0.1', port: await freePort() },
    clients: { rabot: client(server, { clientSecret: { file: secret }, maxTokenRequests: quotas }) },
    consumers: { orders: consumer(key) },
  });
  const file = join(broker.folder, 'settings.yaml');
  const explain = ['explain', file, '--consumer', 'orders', '--scopes', 'api:partner'];
  expect((await broker.get('/token?scopes=api:partner', key.key)).status).toBe(200);
  expect((await toolRun(explain)).stdout).toMatch(
    /^quotas: {6}perHour 150 \(149 left\), perDay 2 \(1 left\), by clients\.rabot\.maxTokenRequests \(line \d+\)$/m,
  );

  writeFileSync(secret, 'fake-secret-with-a-typo');
  const refused = '"changedCredential":"refused"';
  await until(async () => {
    const answer = await fetch(`${broker.management}/api/tokens`);
    return (await answer.text()).includes(refused);
  }, 'the broker has tried it');
  expect((await toolRun(explain)).stdout).toMatch(
    /^ +changed, refused since 20\d\d-\S+Z; the former one is in force$/m,
  );
  const { sentTo } = JSON.parse((await toolRun([...explain, '--json'])).stdout) as { sentTo: object };
  expect(sentTo).toMatchObject({
    changedCredential: 'refused',
    quotas: [
      { window: 'perHour', limit: 150 },
      { window: 'perDay', limit: 2 },
    ],
  });
  const report = (await toolRun(['doctor', file, '--json'])).stdout;
  expect(report).toContain('"changed_credential_refused"');

  writeFileSync(secret, clientSecret);
  expect((await toolRun(['doctor', file, '--json'])).stdout).toContain('"quota_too_small"');
  broker.signal('SIGKILL');
  await broker.exited();
  expect((await toolRun(explain)).stdout).toMatch(/^quotas: {6}perHour 150, perDay 2, by /m);
});
