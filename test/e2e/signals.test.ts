import { Agent, get } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';

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
