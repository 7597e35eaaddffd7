import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';

const program = new URL('./small-heap-process.ts', import.meta.url).pathname;
const loader = new URL('../support/source-loader.mjs', import.meta.url).href;

async function run(count: number, length: number, heap: number): Promise<{ kept: number; perToken: number }> {
  const options = [
    '--disable-warning=ExperimentalWarning',
    '--experimental-transform-types',
    `--max-old-space-size=${heap}`,
    '--expose-gc',
    '--conditions=source',
    '--import',
    loader,
  ];
  const args = [...options, program, String(count), String(length)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { kept: number; perToken: number };
}

/** Asks for so many tokens over a few connections. @returns how many were served */
async function ask(broker: BrokerProcess, key: string, paths: readonly string[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  const headers = { authorization: `Bearer ${key}` };
  const statuses = await Promise.all(
    paths.map(async (path) => {
      const sent = get(`${broker.consumers}${path}`, { agent, headers });
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      return response.statusCode;
    }),
  );
  agent.destroy();
  return statuses.filter((status) => status === 200).length;
}

describe('a broker with a heap of 64 MB', () => {
  it('serves more tokens than fit there, and the first of them again', { timeout: 300_000 }, async () => {
    const [count, length] = [1_000, 30_000];
    const server = createServer((request, response) => {
      request.resume().once('end', () => {
        const token = { access_token: 'x'.repeat(length), token_type: 'Bearer', expires_in: 3_600 };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const names = Array.from({ length: 50 }, (_, n) => `scope-${n}`);
    const { key, hash } = someKey();
    const broker = await BrokerProcess.start(
      {
        maxRequestsPerSecond: 100_000,
        clients: {
          many: {
            tokenEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
            clientId: 'many',
            clientSecret: 'not-a-real-secret',
            scopes: names,
            maxTokenRequestsPerMinute: 100_000,
          },
        },
        consumers: { orders: { keys: [hash], allow: [{ client: 'many', scopes: names }] } },
      },
      { environment: { NODE_OPTIONS: '--max-old-space-size=64' } },
    );
    const pairs = names.flatMap((one, n) => names.slice(n + 1).map((other) => `${one}%20${other}`));
    const paths = [...names, ...pairs].slice(0, count).map((scopes) => `/token?scopes=${scopes}`);
    expect(await ask(broker, key, paths)).toBe(count);
    expect(await ask(broker, key, paths.slice(0, 100))).toBe(100);
    expect((await fetch(`${broker.management}/readyz`)).status).toBe(200);
    const tokens = metricValue(await broker.metrics(), 'token_broker_tokens_cached{tier="memory"}');
    expect(tokens).toBeLessThan(count);
    expect(broker.errorOutput).toBe('');
  });
});

describe('the bound of tokens in memory', () => {
  it.each([
    [20_000, 900, 64],
    [20_000, 4_000, 64],
    [20_000, 900, 96],
  ])(
    'lets %i tokens of %i characters end no process with a heap of %i MB',
    { timeout: 120_000 },
    async (...row) => {
      const { kept } = await run(...row);
      expect(kept).toBeGreaterThan(1_000);
      expect(kept).toBeLessThan(20_000);
    },
  );

  it('takes an entry for what it is: token, scopes and 1.2 KB', { timeout: 120_000 }, async () => {
    const { perToken, kept } = await run(5_000, 900, 1_024);
    expect(kept).toBeGreaterThan(4_500);
    expect(perToken).toBeLessThan(900 + 2 * 40 + 1_200);
  });
});
