import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenReply } from '../support/broker-process.js';
import { type Replicas, runningReplicas } from '../support/replicas.js';
import { SteadyLoad } from '../support/steady-load.js';
import { until } from '../support/until.js';

const lifetime = 3_599;

/** A token is renewed on a report only when it is older than that many seconds. */
const youngest = 10;

const ends: (() => Promise<void>)[] = [];
let replicas: Replicas;

describe('a token that an API rejects', () => {
  beforeAll(async () => {
    replicas = await runningReplicas({ server: { lifetime } }, (end) => ends.push(end));
    const isOld = ({ body }: TokenReply) => Number(body['expires_in']) < lifetime - youngest - 1;
    await until(
      async () => [...(await askAll('a')), ...(await askAll('b'))].every(isOld),
      'all replicas have tokens that are old enough',
    );
  });
  afterAll(() => Promise.all(ends.map((end) => end())));

  it('is renewed once for a hundred consumers of each replica who report it, and is served no more', async () => {
    const { server, brokers, key } = replicas;
    const rejected = tokenOf((await askAll('a'))[0]!);
    server.reset();
    server.hold();
    const report = reportOf(rejected, 'a');
    const reports = brokers.flatMap((broker) =>
      Array.from({ length: 100 }, () => broker.reject(report, key)),
    );
    await server.waitForRequests(1);
    server.release();
    const replies = await Promise.all(reports);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    const [renewed, ...others] = new Set(replies.map(tokenOf));
    expect([others, renewed === rejected]).toEqual([[], false]);

    const load = SteadyLoad.on(brokers, { key, pause: 10 });
    await load.rounds(5);
    const answers = await load.stop();
    expect([answers.failures, answers.tokens]).toEqual([[], [renewed]]);
    expect(new Set(answers.all.map(({ replica }) => replica)).size).toBe(3);

    // Those who come late with the old one.
    const late = await Promise.all(brokers.map((broker) => broker.reject(report, key)));
    expect(late.map(tokenOf)).toEqual(brokers.map(() => renewed));
    expect([server.counts.total, server.counts.maxInFlightAlike]).toEqual([1, 1]);
  });

  it('goes from the memory of all when one replica hears of it', async () => {
    const { server, brokers, key } = replicas;
    const rejected = tokenOf((await askAll('b'))[0]!);
    server.reset();
    const load = SteadyLoad.on(brokers, { key, scopes: ['b'], pause: 10 });
    await load.rounds(1);
    const reply = await brokers[0]!.reject(reportOf(rejected, 'b'), key);
    const repliedAt = performance.now();
    await load.rounds(5);
    const answers = await load.stop();
    expect([answers.failures, answers.steppedBack({ grace: answers.grace })]).toEqual([[], []]);
    // The message to the others and the reply are on their way at the same time.
    expect(answers.since(repliedAt + answers.grace).tokens).toEqual([tokenOf(reply)]);
    expect(server.counts.total).toBe(1);
  });
});

function askAll(scopes: string): Promise<TokenReply[]> {
  const { brokers, key } = replicas;
  return Promise.all(brokers.map((broker) => broker.get(`/token?scopes=${scopes}`, key)));
}

function reportOf(token: unknown, scopes: string): object {
  return { scopes, access_token_sha256: createHash('sha256').update(String(token)).digest('hex') };
}

function tokenOf({ body }: TokenReply): unknown {
  return body['access_token'];
}
