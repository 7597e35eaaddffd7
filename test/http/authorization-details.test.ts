import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { RedisServer } from '#test/redis-server.js';
import { client, consumer } from '#test/partner.js';
import { someEncryptionKey } from '#test/settings-folder.js';

const payment = { type: 'payment_initiation', actions: ['initiate'], purse: 'Zoë' };
const account = { type: 'account_information' };

describe('authorization_details', () => {
  const atEnd = atEndOfAll();
  const { key, hash } = someKey();
  const received: unknown[] = [];
  let brokers: BrokerProcess[];

  beforeAll(async () => {
    // It grants the details with an id, as RFC 9396 §7 allows.
    const server = createServer(async (request, response) => {
      const form = new URLSearchParams(await text(request));
      const asked = form.get('authorization_details');
      const details = asked === null ? undefined : (JSON.parse(asked) as object[]);
      received.push(details);
      const granted = details?.map((detail) => ({ ...detail, id: received.length }));
      const body = {
        access_token: `not-a-real-token-${received.length}`,
        token_type: 'Bearer',
        expires_in: 600,
      };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...body, authorization_details: granted }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    atEnd(async () => void server.close().closeAllConnections());
    const tokenEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
    const redis = await RedisServer.start();
    atEnd(() => redis.stop());
    const allow = [{ client: 'rabot', scopes: ['api:partner'], authorizationDetails: [payment, account] }];
    const settings = {
      store: { redis: { url: redis.url, encryptionKeys: [{ id: 'one', key: someEncryptionKey }] } },
      clients: { rabot: client({ tokenEndpoint }) },
      consumers: { payments: { ...consumer({ hash }), allow } },
    };
    brokers = await Promise.all([1, 2].map(() => BrokerProcess.start(settings, { atEnd })));
  });

  const ask = (details: unknown, broker = brokers[0]!) =>
    broker.get(`/token?authorization_details=${encodeURIComponent(JSON.stringify(details))}`, key);

  it('are sent, and what was granted is in the response of each replica, from memory and from Redis', async () => {
    const before = received.length;
    const first = await ask([payment]);
    expect(first.status).toBe(200);
    expect(received.slice(before)).toEqual([[payment]]);
    const granted = [{ ...payment, id: received.length }];
    expect(first.body['authorization_details']).toEqual(granted);
    const reordered = [{ purse: 'Zoë', actions: ['initiate'], type: 'payment_initiation' }];
    expect((await ask(reordered)).body['authorization_details']).toEqual(granted);
    expect((await ask([payment], brokers[1])).body['authorization_details']).toEqual(granted);
    expect(received).toHaveLength(before + 1);
  });

  it('make another token than none, which has none in its response', async () => {
    const { body } = await brokers[0]!.get('/token', key);
    expect(body).not.toHaveProperty('authorization_details');
    expect(body['access_token']).not.toBe((await ask([account])).body['access_token']);
  });

  it('are refused unless allow has them', async () => {
    const { status, body } = await ask([{ ...payment, actions: ['cancel'] }]);
    expect(status).toBe(403);
    expect(body['error']).toBe('access_denied');
    expect((await ask('text')).body['error']).toBe('invalid_request');
  });

  it('are refused in the words of RFC 9396 at the OAuth endpoint', async () => {
    const details = JSON.stringify([{ type: 'other' }]);
    const form = { grant_type: 'client_credentials', client_id: 'payments', client_secret: key };
    const response = await fetch(`${brokers[0]!.consumers}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, authorization_details: details }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_authorization_details' });
  });
});
