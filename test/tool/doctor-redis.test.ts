import { BrokerProcess } from '#test/broker-process.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client } from '#test/partner.js';
import { RedisServer } from '#test/redis-server.js';
import { runningServer } from '#test/running.js';
import { freePort } from '#test/free-port.js';
import { someEncryptionKey, someStore } from '#test/settings-folder.js';
import { until } from '#test/until.js';
import { diagnosis, settingsFile } from './doctor-report.js';
import { toolRun } from './tool-run.js';

const password = 'not-a-real-password';
const otherKey = Buffer.from('another-fake-key-another-fake-ke').toString('base64');

describe('the doctor, of Redis', { timeout: 60_000 }, () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start({ password });
  });

  afterAll(() => redis.stop());

  async function examined(store: Record<string, unknown>) {
    const server = await runningServer();
    const file = settingsFile({ rabot: client(server) }, someStore(store));
    const found = await diagnosis(file);
    expect(found.stdout).not.toContain(password);
    expect(found.stdout).not.toContain(someEncryptionKey);
    return { ...found, file, redis: found.report.redis! };
  }

  it('says that it answers, without user and password', async () => {
    const { status, redis: report, file } = await examined({ url: redis.url });
    expect(report).toMatchObject({
      location: `redis://127.0.0.1:${redis.port}/0`,
      clockSkew: 0,
      problems: [],
    });
    expect(status).toBe(0);
    expect((await toolRun(['doctor', file])).stdout).toMatch(/redis {2}redis:.*\n {2}ok {6}it answers\n/);
  });

  it.each([
    ['a wrong password', (url: string) => url.replace(password, 'another-fake-password'), /log-in/],
    ['no password', (url: string) => url.replace(`:${password}@`, ''), /log-in/],
  ])('names %s', async (_, mistaken, words) => {
    const { status, redis: report } = await examined({ url: mistaken(redis.url) });
    expect(report.problems).toContainEqual({ severity: 'fault', detail: expect.stringMatching(words) });
    expect(status).toBe(1);
  });

  it('says that nothing listens', async () => {
    const { status, redis: report } = await examined({ url: `redis://127.0.0.1:${await freePort()}/0` });
    expect(report.problems[0]).toEqual({
      severity: 'fault',
      detail: expect.stringMatching(/nothing listens/),
    });
    expect(status).toBe(1);
  });

  it('tells a key that does not open what brokers keep there', async () => {
    const server = await runningServer();
    const rabot = client(server, { preload: [['api:partner']] });
    const store = (key: string) =>
      someStore({ url: redis.url, keyPrefix: 'kept', encryptionKeys: [{ id: '2026-11', key }] });
    const consumers = {
      orders: { keys: [`sha256:${'0b'.repeat(32)}`], allow: [{ client: 'rabot', scopes: [] }] },
    };
    const broker = await BrokerProcess.start({ clients: { rabot }, consumers, ...store(someEncryptionKey) });
    await until(
      async () => Number(await redis.command('HLEN', 'kept:{schedule}:requests')) > 0,
      'it is planned',
    );

    const good = await diagnosis(settingsFile({ rabot }, store(someEncryptionKey)));
    const wrong = await diagnosis(settingsFile({ rabot }, store(otherKey)));

    expect(good.report.redis).toMatchObject({ sealed: { seen: 1, opened: 1 }, problems: [] });
    expect(wrong.report.redis).toMatchObject({
      sealed: { seen: 1, opened: 0 },
      problems: [{ severity: 'fault', detail: expect.stringMatching(/opens 0 of 1/) }],
    });
    expect(wrong.stdout).not.toContain(otherKey);
    expect(broker.output).not.toContain('unreadable');
  });
});
