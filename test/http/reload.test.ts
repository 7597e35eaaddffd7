import { beforeEach, describe, expect, it } from 'vitest';
import type { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

const [key, nextKey] = [someKey(), someKey()];
const both = ['api:partner', 'create:orders'];
const asked = 'scopes=api:partner+create:orders';

let server: DevAuthorizationServer;
let broker: BrokerProcess;

beforeEach(async () => {
  server = await runningServer();
  broker = await BrokerProcess.start(settings(consumer(key, both)));
});

function settings(orderService: object, rest: object = {}): object {
  return {
    clients: { rabot: client(server) },
    consumers: { 'order-service': orderService },
    ...rest,
  };
}

/** Puts other settings in place, and waits until the broker says that it has taken them over. */
async function reload(next: object): Promise<void> {
  const reloads = () => broker.lines.filter(({ msg }) => msg === 'settings reloaded').length;
  const before = reloads();
  broker.rewrite(next);
  await until(async () => reloads() > before, 'the settings have been reloaded');
}

/** All ways in which a consumer of this key asks for both scopes. */
async function statuses(apiKey: string): Promise<Record<string, number>> {
  const bearer = { authorization: `Bearer ${apiKey}` };
  const basic = { authorization: `Basic ${btoa(`order-service:${apiKey}`)}` };
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: both.join(' ') });
  const asks: Record<string, RequestInit> = {
    [`/token?${asked}`]: { headers: bearer },
    [`/forward-auth?${asked}`]: { headers: bearer },
    '/forward-auth/rabot/api:partner%20create:orders/x': { headers: bearer },
    '/oauth2/token': { method: 'POST', headers: basic, body: form },
  };
  const answers = Object.entries(asks).map(async ([path, request]) => {
    const { status } = await fetch(`${broker.consumers}${path}`, request);
    return [path.split(/[/?]/)[1]! + (path.includes('/x') ? ' in path' : ''), status] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

const all = (status: number, oauth = status) => ({
  token: status,
  'forward-auth': status,
  'forward-auth in path': status,
  oauth2: oauth,
});

describe('a reload of the settings', { timeout: 60_000 }, () => {
  it.each([
    ['whose token is in memory, and whose address is remembered', 2],
    ['who has never asked', 0],
  ])('takes a scope from a consumer %s', async (_, rounds) => {
    for (let round = 0; round < rounds; round++) expect(await statuses(key.key)).toEqual(all(200));
    await reload(settings(consumer(key, ['api:partner'])));

    expect(await statuses(key.key)).toEqual(all(403, 400));
    expect((await broker.get('/token?scopes=api:partner', key.key)).status).toBe(200);
  });

  it('lets nobody in with a key that was taken out, and with the one that took its place', async () => {
    await reload(settings({ ...consumer(key, both), keys: [key.hash, nextKey.hash] }));
    for (const one of [key, nextKey]) expect(await statuses(one.key)).toEqual(all(200));

    await reload(settings(consumer(nextKey, both)));

    expect(await statuses(key.key)).toEqual(all(401));
    expect(await statuses(nextKey.key)).toEqual(all(200));
    expect(server.counts.total).toBe(1);
  });

  it('lets nobody in who is no consumer any more', async () => {
    expect(await statuses(key.key)).toEqual(all(200));
    await reload(settings({}, { consumers: { other: consumer(nextKey, both) } }));
    expect(await statuses(key.key)).toEqual(all(401));
  });

  it('gives back what it took', async () => {
    expect(await statuses(key.key)).toEqual(all(200));
    await reload(settings(consumer(key, ['api:partner'])));
    expect(await statuses(key.key)).toEqual(all(403, 400));
    await reload(settings(consumer(key, both)));
    expect(await statuses(key.key)).toEqual(all(200));
  });
});

describe('publicUrl', { timeout: 60_000 }, () => {
  const wellKnown = '/.well-known/oauth-authorization-server';
  const issuers = async () =>
    Promise.all(
      [wellKnown, `${wellKnown}/oauth2/rabot`].map(async (path) => {
        const { issuer, token_endpoint } = (await (await fetch(`${broker.consumers}${path}`)).json()) as {
          issuer: string;
          token_endpoint: string;
        };
        return [issuer, token_endpoint];
      }),
    );
  const at = (base: string) => [
    [base, `${base}/oauth2/token`],
    [`${base}/oauth2/rabot`, `${base}/oauth2/rabot/token`],
  ];

  it('is where the metadata say that the broker is, from the next reload on', async () => {
    expect(await issuers()).toEqual(at(broker.consumers));

    await reload(settings(consumer(key), { publicUrl: 'https://tokens.example/broker/' }));

    expect(await issuers()).toEqual(at('https://tokens.example/broker'));
    const document = await (await fetch(`${broker.management}/openapi.json`)).json();
    expect(document).toMatchObject({ servers: [{ url: 'https://tokens.example/broker' }] });
  });

  it('is no address that the broker would not understand', async () => {
    broker.rewrite(settings(consumer(key), { publicUrl: 'tokens.example' }));
    await broker.logged(({ msg }) => String(msg).startsWith('changed settings refused'));
    expect(await issuers()).toEqual(at(broker.consumers));
  });
});
