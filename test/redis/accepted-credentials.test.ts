import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { RedisUnavailable } from '#redis/connection/redis-failure.js';
import { AcceptedCredentials } from '#redis/tokens/accepted-credentials.js';
import { someClient } from '#test/the.js';
import { SomeRedis } from './some-redis-parts.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(() => redis.reset());
afterAll(() => redis.stop());

const former = someClient({ credentials: ['old', 'older'] });
const changed = someClient({ credentials: ['new'] });
const replica = async () => {
  const parts = await redis.parts();
  return { parts, accepted: new AcceptedCredentials(parts) };
};

it('the credential by which a client last obtained a token is known to a replica that has another one', async () => {
  const [one, other] = [await replica(), await replica()];
  expect(await other.accepted.of(changed)).toBeUndefined();
  await one.accepted.note(former);
  const { clientAuthentication, credentials } = former.options;
  expect(await other.accepted.of(changed)).toEqual({ clientAuthentication, credentials });
});

it.each([
  ['name', { name: 'another' }],
  ['client ID', { clientId: 'another' }],
  ['authorization server', { authorizationServer: 'https://another.example/token' }],
])('that of another %s is not', async (_, difference) => {
  const { accepted } = await replica();
  await accepted.note(former);
  expect(await accepted.of(someClient({ credentials: ['new'], ...difference }))).toBeUndefined();
});

it('a credential is written once in an hour, and again at once when it changes', async () => {
  const { accepted, parts } = await replica();
  const writes = async (client = former) => (await redis.cost(() => accepted.note(client)))['set'] ?? 0;
  expect([await writes(), await writes()]).toEqual([1, 0]);
  expect([await writes(changed), await writes(changed)]).toEqual([1, 0]);
  parts.clock.advance(3_600_000);
  expect(await writes(changed)).toBe(1);
});

it('what no replica has sealed names no credential', async () => {
  const { accepted, parts } = await replica();
  await accepted.note(former);
  const [key] = await redis.server.client.keys('*');
  await parts.redis.set(key!, '["client_secret_basic","planted"]');
  expect(await accepted.of(former)).toBeUndefined();
});

it('a credential that could not be written is written with the next token', async () => {
  const { accepted, parts } = await replica();
  await redis.cutOff(parts);
  await expect(accepted.note(former)).rejects.toThrow(RedisUnavailable);
  await parts.redis.connect();
  parts.clock.advance(1_000);
  await accepted.note(former);
  expect(await accepted.of(former)).toBeDefined();
});
