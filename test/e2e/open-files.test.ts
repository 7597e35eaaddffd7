import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

const openFiles = 128;

it('consumers that use up the open files leave enough for probes, token requests and settings', async () => {
  const server = await runningServer();
  const { key, hash } = someKey();
  const settings = { clients: { rabot: client(server) }, consumers: { 'order-service': consumer({ hash }) } };
  const broker = await BrokerProcess.start(settings, {
    under: ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh'],
  });
  const { hostname, port } = new URL(broker.consumers);
  const kept = await opened(Number(port), hostname, 1);
  const sockets = await opened(Number(port), hostname, 3 * openFiles);
  await broker.logged(({ msg }) => String(msg).startsWith('connections of consumers refused'));

  expect((await fetch(`${broker.management}/livez`)).status).toBe(200);
  const request = `GET /token?scopes=api:partner HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\n\r\n`;
  kept[0]!.write(request);
  expect(await answered(kept[0]!)).toMatch(/^HTTP\/1.1 200 /);
  broker.rewrite({ ...settings, drainTime: 1 });
  await broker.logged(({ msg }) => msg === 'settings reloaded');

  for (const socket of sockets) socket.destroy();
  await until(async () => (await broker.get('/token?scopes=api:partner', key)).status === 200, 'it serves');
  const reports = broker.lines.filter(({ msg }) =>
    String(msg).startsWith('connections of consumers refused'),
  );
  expect(reports).toMatchObject([{ level: 'warn', openFiles, connections: openFiles / 2 }]);
});

async function opened(port: number, host: string, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, host).on('error', () => {}));
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
  );
  return sockets;
}

function answered(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once('data', (bytes) => resolve(bytes.toString('latin1'))));
}
