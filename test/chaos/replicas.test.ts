import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BrokerProcess } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { expectOneRequestPerRenewal } from '#test/replicas-under-load.js';
import { type Replicas, runningReplicas, shortLived } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

type RedisSettings = { encryptionKeys: { id: string; key: string }[] };

/** For a process whose time of day is wrong by so many milliseconds. */
function wrongClock(offset: number): NodeJS.ProcessEnv {
  const code = `const now=Date.now;Date.now=()=>now()+(${offset})`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
}

/** The settings of the replicas with other encryption keys. */
function sealedBy({ settings }: Replicas, encryptionKeys: RedisSettings['encryptionKeys']): object {
  const { redis } = (settings as { store: { redis: RedisSettings } }).store;
  return { ...settings, store: { redis: { ...redis, encryptionKeys } } };
}

async function rewriteAll(brokers: readonly BrokerProcess[], settings: object): Promise<void> {
  const reloads = async (broker: BrokerProcess) =>
    metricValue(await broker.metrics(), 'token_broker_settings_reloads_total{outcome="ok"}') ?? 0;
  const before = await Promise.all(brokers.map(reloads));
  for (const broker of brokers) broker.rewrite(settings);
  await until(async () => {
    const after = await Promise.all(brokers.map(reloads));
    return after.every((count, n) => count > before[n]!);
  }, 'all have the new settings');
}

describe('replicas whose times of day are 10 minutes off, to both sides', () => {
  it('renew together, in time, and tell the right lives', async () => {
    const replicas = await runningReplicas({ ...shortLived, count: 1 });
    const { server, brokers, key, another } = replicas;
    const [ahead, behind] = await Promise.all([another(wrongClock(600_000)), another(wrongClock(-600_000))]);
    const load = SteadyLoad.on([...brokers, ahead, behind], { key });
    await expectOneRequestPerRenewal(replicas, load);
    const answers = await load.stop();
    const startOfTime = Date.now() - performance.now();
    const tooShort = answers.all.filter(
      ({ exp, expiresIn, at }) => expiresIn! < exp! - (startOfTime + at) / 1_000 - 3,
    );
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(tooShort).toEqual([]);
    expect(answers.steppedBack({ grace: answers.grace })).toEqual([]);
    expect(server.counts.total).toBe(answers.tokens.length);
  });
});

describe('a rolling restart of all replicas', () => {
  it('fails no request, not even those under way, and costs no token request', async () => {
    const { server, brokers, key, another } = await runningReplicas();
    const load = SteadyLoad.on(brokers, { key, scopes: ['a', 'b'] });
    await load.rounds(2);
    for (const [n, broker] of brokers.entries()) {
      load.add(await another());
      await load.retire(broker);
      server.hold();
      const underWay = broker.get(`/token?scopes=${'cde'[n]}`, key);
      await server.waitForRequests(2 + n + 1);
      broker.signal('SIGTERM');
      await broker.logged(({ msg }) => msg === 'stopping');
      server.release();
      expect((await underWay).status).toBe(200);
      expect(await broker.exited()).toBe(0);
    }
    await load.rounds(2);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack()).toEqual([]);
    expect(server.counts.total).toBe(2 + 3);
  });
});

describe('an encryption key', () => {
  it('is rotated while the replicas run, and what only the old one opens is a counted miss', async () => {
    const replicas = await runningReplicas();
    const { server, brokers, key, settings } = replicas;
    const [old] = (settings as { store: { redis: RedisSettings } }).store.redis.encryptionKeys;
    const next = { id: 'two', key: randomBytes(32).toString('base64') };
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);

    await rewriteAll(brokers, sealedBy(replicas, [next, old!]));
    load.add(await BrokerProcess.start(sealedBy(replicas, [next, old!])));
    await load.rounds(2);
    expect(server.counts.total).toBe(1);

    await rewriteAll(brokers, sealedBy(replicas, [next]));
    const fresh = await BrokerProcess.start(sealedBy(replicas, [next]));
    load.add(fresh);
    await load.rounds(2);
    const answers = await load.stop();
    expect(metricValue(await fresh.metrics(), 'token_broker_store_errors_total{operation="open"}')).toBe(1);
    expect(server.counts.total).toBe(2);
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack({ grace: answers.grace })).toEqual([]);
  });
});
