import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerProcess } from '#test/broker-process.js';
import { expectOneRequestPerRenewal } from '#test/replicas-under-load.js';
import { ReleasedBuild } from '#test/released-build.js';
import { type Replicas, runningReplicas, shortLived } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

type Start = () => Promise<BrokerProcess>;

const releases = { old: '', new: undefined };
type Release = keyof typeof releases;

const pathOf = (scopes: string) => `/token?scopes=${encodeURIComponent(scopes)}`;

let build: ReleasedBuild;

beforeAll(() => {
  build = new ReleasedBuild();
  releases.old = build.main;
});
afterAll(() => build?.remove());

const startOf =
  ({ another }: Replicas, release: Release): Start =>
  () =>
    another({}, releases[release]);

describe('replicas of version 0.1.0 and of this one on one Redis', () => {
  it('fail no request and send one token request per renewal, through an upgrade and back', async () => {
    const replicas = await runningReplicas({ ...shortLived, count: 0 });
    const { server, key } = replicas;
    const [startOld, startNew] = [startOf(replicas, 'old'), startOf(replicas, 'new')];
    const first = [await startOld(), await startOld()] as const;
    const load = SteadyLoad.on(first, { key });
    await load.rounds(2);

    const upgraded = await replace(first[0], startNew, load);
    await expectOneRequestPerRenewal(replicas, load);
    const last = await replace(first[1], startNew, load);
    await load.rounds(2);
    await replace(upgraded, startOld, load);
    await expectOneRequestPerRenewal(replicas, load);
    await replace(last, startOld, load);
    await load.newToken();
    await load.rounds(1);

    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack({ grace: answers.grace })).toEqual([]);
    expect(server.counts.total).toBe(answers.tokens.length);
  });
});

describe.each([
  { first: 'old', second: 'new' },
  { first: 'new', second: 'old' },
] as const)('a replica of the $second version', ({ first, second }) => {
  it(`serves tokens and keeps to cool-downs that one of the ${first} version has written`, async () => {
    const replicas = await runningReplicas({ count: 0 });
    const { server, key } = replicas;
    const one = await startOf(replicas, first)();
    const tokens = [await one.get(pathOf('a'), key), await one.get(pathOf('a c d'), key)];
    expect(tokens.map(({ status }) => status)).toEqual([200, 200]);

    const other = await startOf(replicas, second)();
    const same = [await other.get(pathOf('a'), key), await other.get(pathOf('a c d'), key)];
    expect(same.map(({ body }) => body['access_token'])).toEqual(
      tokens.map(({ body }) => body['access_token']),
    );
    server.misbehave({ scope: 'b', answer: { error: 'invalid_scope' } });
    const refused = await one.get(pathOf('b'), key);
    const refusedAgain = await other.get(pathOf('b'), key);
    expect(refusedAgain.status).toBe(refused.status);
    expect(refusedAgain.body['error']).toBe(refused.body['error']);
    expect(server.counts.total).toBe(3);
  });

  it(`keeps on renewing what one of the ${first} version has planned, also what is preloaded`, async () => {
    const preload = [['f']];
    const client = { ...shortLived.client, preload };
    const replicas = await runningReplicas({ ...shortLived, client, count: 0 });
    const { server, key } = replicas;
    const one = await startOf(replicas, first)();
    await one.get(pathOf('a'), key);
    await server.waitForRequests(2);
    const other = await startOf(replicas, second)();
    one.signal('SIGTERM');
    await one.exited();
    const before = server.counts.total;
    // Both are renewed although nothing is asked for.
    await until(async () => server.counts.total >= before + 4, 'both are renewed twice');
    expect((await other.get(pathOf('a'), key)).status).toBe(200);
    expect((await other.get(pathOf('f'), key)).status).toBe(200);
    const management = await fetch(`${other.management}/api/tokens`);
    expect(await management.text()).toContain('"f"');
  });

  it(`joins a renewal that one of the ${first} version has under way`, async () => {
    const replicas = await runningReplicas({ count: 0 });
    const { server, key } = replicas;
    const [one, other] = [await startOf(replicas, first)(), await startOf(replicas, second)()];
    server.hold();
    const asked = [one.get(pathOf('a'), key)];
    await server.waitForRequests(1);
    asked.push(other.get(pathOf('a'), key));
    await other.metrics();
    server.release();
    const replies = await Promise.all(asked);
    expect(new Set(replies.map(({ body }) => body['access_token'])).size).toBe(1);
    expect(server.counts.total).toBe(1);
  });
});

/** As a rolling update does: the next is ready before the last is asked to end. */
async function replace(broker: BrokerProcess, start: Start, load: SteadyLoad): Promise<BrokerProcess> {
  const next = await start();
  load.add(next);
  await load.retire(broker);
  broker.signal('SIGTERM');
  expect(await broker.exited()).toBe(0);
  return next;
}
