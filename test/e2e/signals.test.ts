import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { constants } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { someStore } from '#test/settings-folder.js';
import { until } from '#test/until.js';

async function someBroker(settings: object = {}): Promise<{ broker: BrokerProcess; key: string }> {
  const server = await runningServer();
  const { key, hash } = someKey();
  const own = { clients: { rabot: client(server) }, consumers: { 'order-service': consumer({ hash }) } };
  return { broker: await BrokerProcess.start({ ...own, ...settings }), key };
}

describe('SIGHUP', () => {
  it('leaves the broker running', async () => {
    const { broker, key } = await someBroker();
    for (let n = 0; n < 3; n++) broker.signal('SIGHUP');
    for (let n = 0; n < 3; n++) expect((await broker.get('/token?scopes=api:partner', key)).status).toBe(200);
  });
});

describe('SIGUSR1', () => {
  it('opens no inspector', async () => {
    const { broker, key } = await someBroker();
    broker.signal('SIGUSR1');
    for (let n = 0; n < 20; n++)
      expect((await broker.get('/token?scopes=api:partner', key)).status).toBe(200);
    expect(broker.errorOutput).not.toContain('Debugger listening');
  });
});

/** One request on a kept connection. */
function ask(url: string, key: string, agent: Agent): Promise<{ status: number; connection: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
      const { statusCode: status = 0, headers } = response;
      response.resume().once('end', () => resolve({ status, connection: headers.connection ?? '' }));
    }).once('error', reject);
  });
}

describe('SIGTERM', () => {
  it('loses no request of clients that keep their connections', async () => {
    const { broker, key } = await someBroker({ drainTime: 2 });
    const url = `${broker.consumers}/token?scopes=api:partner`;
    const agents = Array.from({ length: 100 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    onTestFinished(() => agents.forEach((agent) => agent.destroy()));
    const seen: Awaited<ReturnType<typeof ask>>[] = [];
    // Each client asks until it is told that its connection ends, as a client that has other replicas would.
    const clients = agents.map(async (agent) => {
      for (;;) {
        const answer = await ask(url, key, agent);
        seen.push(answer);
        if (answer.connection === 'close') return;
      }
    });
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(500);
    broker.signal('SIGTERM');
    await Promise.all(clients);
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await broker.exited()).toBe(0);
  });

  it('serves idle connections and new ones for the drain time, and makes the replica unready at once', async () => {
    const { broker, key } = await someBroker({ drainTime: 3 });
    const url = `${broker.consumers}/token?scopes=api:partner`;
    const [idle, late] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
    onTestFinished(() => [idle, late].forEach((agent) => agent.destroy()));
    expect(await ask(url, key, idle)).toEqual({ status: 200, connection: 'keep-alive' });
    broker.signal('SIGTERM');
    await broker.logged(({ msg }) => msg === 'stopping');
    expect((await fetch(`${broker.management}/readyz`)).status).toBe(503);
    for (const agent of [idle, late]) {
      expect(await ask(url, key, agent)).toEqual({ status: 200, connection: 'close' });
    }
    expect(await broker.exited()).toBe(0);
  });
});

/** A broker that starts beside a Redis which says nothing, as soon as it has handlers for signals. */
async function startingBroker(): Promise<BrokerProcess> {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const server = await runningServer();
  const { hash } = someKey();
  const broker = BrokerProcess.launch({
    clients: { rabot: client(server) },
    consumers: { 'order-service': consumer({ hash }) },
    ...someStore({ url: `redis://127.0.0.1:${port}/0` }),
  });
  await until(async () => isCaught(broker.pid, 'SIGUSR2'), 'it has handlers');
  return broker;
}

/** By the mask of signals with a handler (proc(5)). */
function isCaught(pid: number, signal: NodeJS.Signals): boolean {
  const mask = /^SigCgt:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

describe('a signal while the broker starts', () => {
  it.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)('%s does not end it', async (signal) => {
    const broker = await startingBroker();
    for (let n = 0; n < 5; n++) broker.signal(signal);
    await broker.logged(({ msg }) => msg === 'listening');
    broker.signal(signal);
    expect((await fetch(`${broker.management}/livez`)).status).toBe(200);
  });

  it('SIGTERM ends it, with nothing said to be wrong', async () => {
    const broker = await startingBroker();
    broker.signal('SIGTERM');
    expect(await broker.exited()).toBe(0);
    expect(broker.errorOutput).toBe('');
  });
});

describe('further signals while the broker drains', () => {
  it('change nothing', async () => {
    const { broker, key } = await someBroker({ drainTime: 1 });
    broker.signal('SIGTERM');
    await broker.logged(({ msg }) => msg === 'stopping');
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
      broker.signal(signal);
    expect((await broker.get('/token?scopes=api:partner', key)).status).toBe(200);
    expect(await broker.exited()).toBe(0);
    expect(broker.lines.filter(({ msg }) => msg === 'stopping')).toHaveLength(1);
  });
});
