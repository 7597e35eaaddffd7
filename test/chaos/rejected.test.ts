import { atEndOfAll } from '#test/at-end.js';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TokenReply } from '#test/broker-process.js';
import { proxyTo, replicaBehind } from '#test/parted-replica.js';
import { allTell } from '#test/replicas-under-load.js';
import { type Replicas, runningReplicas } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

const lifetime = 3_599;

/** A token is renewed on a report only when it is older than that many seconds. */
const youngest = 10;

const atEnd = atEndOfAll();
let replicas: Replicas;

describe('a token that an API rejects', () => {
  beforeAll(async () => {
    replicas = await runningReplicas({ server: { lifetime } }, atEnd);
    const isOld = ({ body }: TokenReply) => Number(body['expires_in']) < lifetime - youngest - 1;
    await until(
      async () => (await Promise.all(['a', 'b', 'c', 'd'].map(askAll))).flat().every(isOld),
      'all replicas have tokens that are old enough',
    );
  });

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
    expect([server.counts.total, server.counts.maxInFlightPerKey]).toEqual([1, 1]);
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

  it('goes from a replica that could not hear of it as soon as Redis can be read again', async () => {
    const { server, brokers, key } = replicas;
    const proxy = await proxyTo(replicas);
    const apart = await replicaBehind(proxy, replicas);
    const askApart = async (scopes: string) => tokenOf(await apart.get(`/token?scopes=${scopes}`, key));
    const [rejected, other] = await Promise.all(['c', 'd'].map(askApart));
    server.reset();

    proxy.cut();
    await allTell('in memory, Redis is down', [apart]);
    for (const [token, scopes] of [
      [rejected, 'c'],
      [other, 'd'],
    ] as const) {
      expect(tokenOf(await brokers[0]!.reject(reportOf(token, scopes), key))).not.toBe(token);
    }
    // It cannot know better, until its own consumers tell.
    expect(await Promise.all(['c', 'd'].map(askApart))).toEqual([rejected, other]);
    expect(tokenOf(await apart.reject(reportOf(other, 'd'), key))).not.toBe(other);
    expect(server.counts.byScopeSet).toEqual({ c: 1, d: 2 });

    proxy.heal();
    await allTell('in Redis', [apart]);
    await until(async () => {
      const all = await Promise.all(
        ['c', 'd'].map(async (set) => [await askApart(set), ...tokensOf(await askAll(set))]),
      );
      return all.every((tokens) => new Set(tokens).size === 1);
    }, 'all replicas have the same tokens again');
    const load = SteadyLoad.on([...brokers, apart], { key, scopes: ['c', 'd'] });
    const { tokens } = await load.rounds(3);
    expect(tokens).toHaveLength(2);
    expect(tokens.filter((token) => token === rejected || token === other)).toEqual([]);
    expect(server.counts.byScopeSet).toEqual({ c: 1, d: 2 });
  });
});

const tokensOf = (replies: readonly TokenReply[]) => replies.map(tokenOf);

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
