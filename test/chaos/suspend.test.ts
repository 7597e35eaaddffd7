import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

/** What a suspended host does to a process: at SIGUSR2 the wall clock leaps an hour, and the monotonic one does not. */
const leaping = `
  const now = Date.now;
  let leap = 0;
  Date.now = () => now() + leap;
  process.on('SIGUSR2', () => (leap += 3_600_000));
`;
const environment = {
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(leaping)}`,
};

describe('a host that was suspended for an hour', () => {
  it.each([
    ['half an hour', 1_800],
    ['an hour', 3_600],
    ['10 minutes', 600],
  ])('serves no token of %s from before, and a new one at once', async (_, lifetime) => {
    const server = await runningServer({ lifetime });
    const { key, hash } = someKey();
    const settings = {
      clients: { rabot: client(server) },
      consumers: { 'order-service': consumer({ hash }) },
    };
    const broker = await BrokerProcess.start(settings, { environment });
    const ask = async () => (await broker.get('/token?scopes=api:partner', key)).body['access_token'];
    const before = await ask();
    expect(await ask()).toBe(before);
    broker.signal('SIGUSR2');
    await until(async () => (await ask()) !== before, 'the leap is noticed', 2_000);
    const after = await ask();
    await pause(1_100);
    expect(await ask()).toBe(after);
    expect(server.counts.total).toBe(2);
    expect(broker.errorOutput).toBe('');
  });
});
