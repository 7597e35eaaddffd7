import { describe, expect, it } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';
import { Connections } from './connections.js';
import { Pipeline } from './pipeline.js';

/** Of the Kubernetes manifests: the replica has to live with less than an unbounded backlog needs. */
const smallHeap = { NODE_OPTIONS: '--max-old-space-size=96' };

async function smallBroker(): Promise<{ broker: BrokerProcess; key: string }> {
  const server = await runningServer();
  const { key, hash } = someKey();
  const settings = { clients: { rabot: client(server) }, consumers: { 'order-service': consumer({ hash }) } };
  return { broker: await BrokerProcess.start(settings, { environment: smallHeap }), key };
}

describe('connections that pipeline requests and never read', () => {
  it.each([
    ['without a credential', 'consumers', '/token', ''],
    ['with a wrong one', 'consumers', '/token', 'Authorization: Bearer wrong\r\n'],
    ['to a path that does not exist', 'consumers', '/x', ''],
    ['to the health of the management port', 'management', '/livez', ''],
    ['to a path that it does not have', 'management', '/x', ''],
  ] as const)(
    'neither end a replica nor keep consumers from being served: %s',
    { timeout: 120_000 },
    async (_, port, path, header) => {
      const { broker, key } = await smallBroker();
      const connections = await Connections.open(broker[port], 300);
      connections.pause();
      connections.drip(`GET ${path} HTTP/1.1\r\nHost: a\r\n${header}\r\n`.repeat(500), 100);
      for (let n = 0; n < 100; n++) {
        const { status } = await broker.get('/token?scopes=api:partner', key);
        expect(status).toBe(200);
      }
      await connections.end();
      await until(
        async () => (await broker.get('/token?scopes=api:partner', key)).status === 200,
        'it serves',
      );
      expect(broker.errorOutput).toBe('');
    },
  );
});

describe('a client that pipelines and reads', () => {
  it('has 64 requests answered in order', async () => {
    const { broker, key } = await smallBroker();
    const connection = new Pipeline(broker.consumers);
    const request = `GET /token?scopes=api:partner HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n\r\n`;
    connection.write(Buffer.from(request.repeat(64)));
    const answers = await connection.answered(64);
    connection.destroy();
    expect(answers.map(({ status }) => status)).toEqual(Array(64).fill(200));
  });
});
