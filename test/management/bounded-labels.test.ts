import { atEndOfAll } from '#test/at-end.js';
import { once } from 'node:events';
import { beforeAll, expect, it } from 'vitest';
import { openSocket } from '../http/raw-socket.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer, type Scene } from '#test/running.js';

const requests = 100_000;
const batch = 50;
const atEnd = atEndOfAll();
let scene: Scene;

beforeAll(async () => {
  const server = await runningServer({}, atEnd);
  const { key, hash } = someKey();
  const settings = {
    clients: { rabot: client(server) },
    consumers: { 'order-service': { ...consumer({ hash }), maxRequestsPerSecond: requests } },
  };
  scene = { server, key, broker: await BrokerProcess.start(settings, { atEnd }) };
});

/** What is asked for is never the same twice: names of clients, scopes, both, neither well formed. */
function wrong(n: number): string {
  return [
    `scopes=wrong:${n}`,
    `client=wrong-${n}`,
    `client=wrong-${n}&scopes=api:partner+wrong:${n}`,
    `client=rabot&scopes=api:partner+wrong:${n}&resource=https://wrong.example/${n}`,
    `unknown-${n}=${n}&min_ttl=${n}x`,
  ][n % 5]!;
}

/** Asks in batches over one connection, without waiting for each answer; tells how many were answered with which status. */
async function ask(count: number): Promise<Map<string, number>> {
  const { host } = new URL(scene.broker.consumers);
  const socket = await openSocket(scene.broker.consumers);
  const statuses = new Map<string, number>();
  const answered = () => [...statuses.values()].reduce((sum, one) => sum + one, 0);
  let rest = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\r\n');
    rest = lines.pop()!;
    for (const line of lines.filter((one) => one.includes('HTTP/1.1 '))) {
      const status = line.slice(line.indexOf('HTTP/1.1 ') + 9, line.indexOf('HTTP/1.1 ') + 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  try {
    for (let asked = 0; asked < count; asked += batch) {
      const queries = Array.from({ length: batch }, (_, n) => wrong(asked + n));
      const head = `host: ${host}\r\nauthorization: Bearer ${scene.key}\r\n\r\n`;
      socket.write(queries.map((query) => `GET /token?${query} HTTP/1.1\r\n${head}`).join(''));
      while (answered() < asked + batch) await once(socket, 'data', { signal: AbortSignal.timeout(15_000) });
    }
    return statuses;
  } finally {
    socket.destroy();
  }
}

/** The names and labels of all our series. */
async function series(): Promise<string[]> {
  const lines = (await scene.broker.metrics()).split('\n');
  return lines
    .filter((line) => line.startsWith('token_broker_'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .toSorted();
}

it(
  'a hundred thousand wrong scopes and clients leave the metrics as they were',
  { timeout: 120_000 },
  async () => {
    await scene.broker.get('/token', scene.key);
    await ask(batch);
    const before = await series();
    const statuses = await ask(requests);

    expect([...statuses.keys()].toSorted()).toEqual(['400', '403']);
    expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBe(requests);
    expect(await series()).toEqual(before);
    expect(before.join('\n')).not.toContain('wrong');
    expect(scene.server.counts.total).toBe(1);
  },
);
