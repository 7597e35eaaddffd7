import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import type { BrokerProcess, TokenReply } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { type Replicas, runningReplicas } from '#test/replicas.js';
import { until } from '#test/until.js';

/** Milliseconds: the life of a lock, the longest poll of those who wait for it, and what a slow machine adds. */
const longestTakeOver = 3_000 + 500 + 2_500;

const path = '/token?scopes=a';

interface Scene extends Replicas {
  holder: BrokerProcess;
  others: BrokerProcess[];
  /** What the holder tells the consumer that it asks for. */
  answer: Promise<TokenReply>;
}

/** One of three replicas asks for a token; the authorization server has not answered, or its answer is on its way. */
async function sceneWithHolder(prepare: (replicas: Replicas) => void): Promise<Scene> {
  const replicas = await runningReplicas();
  const { server, brokers, key } = replicas;
  const [holder, ...others] = brokers as [BrokerProcess, ...BrokerProcess[]];
  prepare(replicas);
  const answer = holder.get(path, key);
  answer.catch(() => undefined);
  await server.waitForRequests(1);
  return { ...replicas, holder, others, answer };
}

function askEach(brokers: readonly BrokerProcess[], key: string): Promise<TokenReply[]> {
  return Promise.all(brokers.flatMap((broker) => [broker.get(path, key), broker.get(path, key)]));
}

/** The one token that all of them got. */
function onlyToken(replies: readonly TokenReply[]): string {
  const tokens = new Set(replies.map(({ status, body }) => body['access_token'] ?? `status ${status}`));
  expect([...tokens]).toHaveLength(1);
  return String([...tokens][0]);
}

/** However often any of the brokers is asked, it has this token. */
async function expectOnly(token: string, brokers: readonly BrokerProcess[], key: string): Promise<void> {
  for (let round = 0; round < 5; round++) {
    expect(onlyToken(await askEach(brokers, key))).toBe(token);
  }
}

/** Whether the broker was told that somebody else holds the lock. */
async function waits(broker: BrokerProcess): Promise<boolean> {
  const series = 'token_broker_lock_acquisitions_total{outcome="held"}';
  return (metricValue(await broker.metrics(), series) ?? 0) > 0;
}

describe('a replica that is killed during its token request', () => {
  it('is followed by one of those that wait, as soon as its lock has expired', async () => {
    const { server, key, holder, others, answer } = await sceneWithHolder((scene) => scene.server.hold());
    const waiting = askEach(others, key);
    await until(async () => (await Promise.all(others.map(waits))).every(Boolean), 'the others wait');

    holder.signal('SIGKILL');
    const killedAt = performance.now();
    await server.waitForRequests(2);
    expect(performance.now() - killedAt).toBeLessThan(longestTakeOver);
    server.release();

    await expect(answer).rejects.toThrow('fetch failed');
    await expectOnly(onlyToken(await waiting), others, key);
    expect(server.counts).toMatchObject({ total: 2, byOutcome: { issued: 1, aborted: 1 } });
  });
});

describe('a replica that is paused during its token request for longer than its lock lives', () => {
  it('does not put its token over that of the one who followed, and serves the newer one', async () => {
    const scene = await sceneWithHolder(({ server }) => server.hold());
    const { server, brokers, key, holder, others, answer } = scene;

    holder.signal('SIGSTOP');
    const waiting = askEach(others, key);
    await server.waitForRequests(2);
    server.release();
    const newer = onlyToken(await waiting);
    holder.signal('SIGCONT');

    expect((await answer).status).toBe(200);
    await expectOnly(newer, [...brokers, await scene.another()], key);
    expect(server.counts).toMatchObject({ total: 2, byOutcome: { issued: 2 } });
  });

  it('gives way to the one who followed also when that one is still asking', async () => {
    const scene = await sceneWithHolder(({ server }) => server.misbehave({ delay: 500, times: 1 }));
    const { server, brokers, key, holder, others, answer } = scene;

    holder.signal('SIGSTOP');
    const pausedAt = Date.now();
    server.hold();
    const waiting = askEach(others, key);
    await server.waitForRequests(2);
    holder.signal('SIGCONT');
    const told = answer.then(() => true);
    await until(() => Promise.race([told, waits(holder)]), 'the holder goes on');
    server.release();

    for (const { status } of [await answer, ...(await waiting)]) expect(status).toBe(200);
    const newer = await tokenOfAll(brokers, key);
    expect(decodeJwt(newer).iat! * 1_000).toBeGreaterThan(pausedAt + 1_000);
    await expectOnly(newer, [...brokers, await scene.another()], key);
    expect(server.counts).toMatchObject({ total: 2, byOutcome: { issued: 2 } });
  });
});

/** Once the word has gone round. */
async function tokenOfAll(brokers: readonly BrokerProcess[], key: string): Promise<string> {
  await until(
    async () => new Set((await askEach(brokers, key)).map(({ body }) => body['access_token'])).size === 1,
    'all agree',
  );
  return onlyToken(await askEach(brokers, key));
}
