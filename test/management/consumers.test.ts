import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { launchBrowser, openPage } from '#test/browser.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { metricValue } from '#test/metric-value.js';

const atEnd = atEndOfAll();
const [old, next, idle] = [someKey(), someKey(), someKey()];
let broker: BrokerProcess;
let settings: { consumers: Record<string, object>; clients: object };

beforeAll(async () => {
  const server = await runningServer({}, atEnd);
  settings = {
    clients: { rabot: client(server) },
    consumers: { orders: { ...consumer(old), keys: [old.hash, next.hash] }, quiet: consumer(idle) },
  };
  broker = await BrokerProcess.start(settings, { atEnd });
  await broker.get('/token?scopes=api:partner', old.key);
  await broker.get('/token?scopes=api:partner', next.key);
  await broker.get('/token', next.key);
  await broker.get('/token?scopes=role:finance-reporting', next.key);
});

const fingerprint = ({ hash }: { hash: string }) => hash.slice(7, 19);

async function consumers(query = '') {
  const answer = await fetch(`${broker.management}/api/consumers${query}`);
  return (await answer.json()) as { consumers: Record<string, unknown>[]; next?: string };
}

describe('GET /api/consumers', () => {
  it('says who asks for what, by which of two keys, when last, and what was refused', async () => {
    const { consumers: found, next: more } = await consumers();
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(more).toBeUndefined();
    expect(found).toEqual([
      {
        name: 'orders',
        lastSeen: time,
        outcomes: { served: 3, access_denied: 1 },
        credentials: [
          { place: 'keys[0]', fingerprint: fingerprint(old), served: 1, lastServed: time },
          { place: 'keys[1]', fingerprint: fingerprint(next), served: 2, lastServed: time },
        ],
        requests: expect.arrayContaining([
          { client: 'rabot', scopes: 'api:partner', served: 2, lastServed: time },
          { client: 'rabot', scopes: 'api:partner create:orders', served: 1, lastServed: time },
        ]),
        refusals: [
          {
            at: time,
            error: 'access_denied',
            asked: 'role:finance-reporting',
            credential: 'keys[1]',
            address: '127.0.0.1',
          },
        ],
      },
      {
        name: 'quiet',
        outcomes: {},
        credentials: [{ place: 'keys[0]', fingerprint: fingerprint(idle), served: 0 }],
        requests: [],
        refusals: [],
      },
    ]);
  });

  it('comes in pages', async () => {
    const first = await consumers('?limit=1');
    expect([first.consumers.map(({ name }) => name), first.next]).toEqual([['orders'], 'orders']);
    const second = await consumers(`?limit=1&after=${first.next}`);
    expect([second.consumers.map(({ name }) => name), second.next]).toEqual([['quiet'], undefined]);
  });

  it('is in the metrics, by consumer and credential', async () => {
    const text = await broker.metrics();
    const requests = 'token_broker_consumer_requests_total';
    expect(metricValue(text, `${requests}{consumer="orders",outcome="served"}`)).toBe(3);
    expect(metricValue(text, `${requests}{consumer="orders",outcome="access_denied"}`)).toBe(1);
    for (const series of [
      'token_broker_consumer_last_seen_timestamp_seconds{consumer="orders"}',
      `token_broker_consumer_credential_last_seen_timestamp_seconds{consumer="orders",credential="${fingerprint(old)}"}`,
    ]) {
      expect(Math.abs(metricValue(text, series)! - Date.now() / 1000)).toBeLessThan(120);
    }
    expect(text).not.toContain('consumer="quiet"');
  });

  it('is on the status page, when it is opened', async () => {
    const browser = await launchBrowser();
    atEnd(() => browser.close());
    const { page, faults } = await openPage(browser, broker.management);
    expect(await page.getByRole('row', { name: /orders/ }).count()).toBe(0);
    await page.getByText('Consumers: who').click();
    const row = page.getByRole('row', { name: /orders/ });
    await row.waitFor();
    for (const text of ['3', fingerprint(next), 'access_denied: 1'])
      expect(await row.innerText()).toContain(text);
    expect(faults).toEqual([]);
  });
});
