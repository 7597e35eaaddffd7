import { createHash } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import type { TokenReply } from '../support/broker-process.js';
import { type Replicas, runningReplicas } from '../support/replicas.js';
import { SteadyLoad } from '../support/steady-load.js';
import { until } from '../support/until.js';

const lifetime = 3_599;

// A token is renewed on a report only when it is older than 10 s.
vi.setConfig({ testTimeout: 60_000 });

it('three replicas renew once what a hundred consumers of each report as rejected, and serve it no more', async () => {
  const replicas = await runningReplicas({ server: { lifetime } });
  const { server, brokers, key } = replicas;
  const rejected = await tokenOlderThan(10, replicas);
  expect(server.counts.total).toBe(1);

  server.hold();
  const report = reportOf(rejected);
  const reports = brokers.flatMap((broker) => Array.from({ length: 100 }, () => broker.reject(report, key)));
  await server.waitForRequests(2);
  server.release();
  const replies = await Promise.all(reports);
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  const [renewed, ...others] = new Set(replies.map(tokenOf));
  expect([others, renewed === rejected]).toEqual([[], false]);

  const load = SteadyLoad.on(brokers, { key, pause: 10 });
  await aSecond();
  const answers = await load.stop();
  expect([answers.failures, answers.tokens]).toEqual([[], [renewed]]);
  expect(new Set(answers.all.map(({ replica }) => replica)).size).toBe(3);

  // Those who come late with the old one.
  const late = await Promise.all(brokers.map((broker) => broker.reject(report, key)));
  expect(late.map(tokenOf)).toEqual(brokers.map(() => renewed));
  expect([server.counts.total, server.counts.maxInFlightAlike]).toEqual([2, 1]);
});

it('a token that one replica hears is rejected goes from the memory of all', async () => {
  const replicas = await runningReplicas({ server: { lifetime } });
  const { server, brokers, key } = replicas;
  const rejected = await tokenOlderThan(10, replicas);
  const load = SteadyLoad.on(brokers, { key, pause: 10 });
  const reply = await brokers[0]!.reject(reportOf(rejected), key);
  const repliedAt = performance.now();
  await aSecond();
  const answers = await load.stop();
  expect([answers.failures, answers.steppedBack()]).toEqual([[], []]);
  // The message to the others and the reply are on their way at the same time.
  expect(answers.since(repliedAt + 300).tokens).toEqual([tokenOf(reply)]);
  expect(server.counts.total).toBe(2);
});

/** One that every replica holds in memory. */
async function tokenOlderThan(seconds: number, { brokers, key }: Replicas): Promise<unknown> {
  const ask = () => Promise.all(brokers.map((broker) => broker.get('/token?scopes=a', key)));
  const [first] = await ask();
  await until(
    async () => (await ask()).every(({ body }) => Number(body['expires_in']) < lifetime - seconds - 1),
    `the token is older than ${seconds} s`,
  );
  return tokenOf(first!);
}

async function aSecond(): Promise<void> {
  const end = performance.now() + 1_000;
  await until(async () => performance.now() > end, 'a second is over');
}

function reportOf(token: unknown): object {
  return { scopes: 'a', access_token_sha256: createHash('sha256').update(String(token)).digest('hex') };
}

function tokenOf({ body }: TokenReply): unknown {
  return body['access_token'];
}
