import { SystemClock } from '#tokens/model/clock.js';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { someKey } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { OwnBroker } from './own-broker.js';

const [busyKey, otherKey] = [someKey(), someKey()];

let server: DevAuthorizationServer;
let broker: OwnBroker;

/** Stands still: no wait of a busy machine fills the limit up again. */
const now = vi.spyOn(SystemClock.prototype, 'now').mockReturnValue(1_000_000);

beforeAll(async () => {
  server = await DevAuthorizationServer.start({ clients: [registration()] });
  broker = await OwnBroker.start({
    clients: { rabot: client(server) },
    consumers: {
      busy: { ...consumer(busyKey), maxRequestsPerSecond: 1 },
      other: consumer(otherKey),
    },
  });
});

afterAll(async () => {
  await broker?.stop();
  await server?.stop();
  now.mockRestore();
});

it('a consumer that asks too often is told when to ask again, and no other one is', async () => {
  // Those that are refused for another reason count as well.
  const first = await broker.get('/token?scopes=role:x', busyKey.key);
  const second = await broker.get('/token', busyKey.key);

  expect(first.status).toBe(403);
  expect(second).toMatchObject({ status: 429, body: { error: 'slow_down' } });
  expect(second.headers.get('retry-after')).toBe('1');
  expect(await broker.get('/token', otherKey.key)).toMatchObject({ status: 200 });
  now.mockReturnValue(1_001_000);
  expect(await broker.get('/token', busyKey.key)).toMatchObject({ status: 200 });
});
