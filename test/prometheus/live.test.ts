import { atEndOfAll } from '#test/at-end.js';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { scopeSets } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { dashboardQueries } from './dashboard-files.js';
import { breakEverything, repairEverything } from './live-faults.js';
import { type LiveScene, busyBroker, clients, liveScene, target } from './live-scene.js';
import { alerts, recordings } from './rule-files.js';
import { scaled } from './scaled-time.js';
import { WatchedAlerts, now } from './watched-alerts.js';

describe('the alerts of three replicas, in a time where a day takes half a minute', () => {
  const atEnd = atEndOfAll();
  const startedAt = now();
  let scene: LiveScene;
  let watched: WatchedAlerts;
  let loads: SteadyLoad[] = [];

  beforeAll(async () => {
    scene = await liveScene(atEnd);
    watched = new WatchedAlerts(scene.prometheus);
    loads = clients.map(loadOn);
  }, 300_000);

  function loadOn(client: string): SteadyLoad {
    // Of the steady client many tokens are in use, so that locks are asked for all the time.
    const scopes = client === 'steady' ? scopeSets(12) : ['a'];
    const options = { key: scene.key, callers: scopes.length + 1, scopes, pause: 250 };
    return SteadyLoad.on(scene.brokers, { ...options, parameters: `&client=${client}` }, atEnd);
  }

  it('stay silent while tokens are handed out and renewed', { timeout: 120_000 }, async () => {
    const since = now();
    await Promise.all(loads.map(twiceRenewed));
    await pause(Math.max(0, since + 30 - now()) * 1_000);
    expect(await watched.firedSince(startedAt)).toEqual([]);
    expect(loads.flatMap(({ answers }) => answers.all).filter(({ status }) => status !== 200)).toEqual([]);
  });

  it(
    'fire for what clients and settings lack, name each client, and resolve',
    { timeout: 400_000 },
    async () => {
      const busy = await busyBroker(atEnd);
      scene.watchAlso(busy.broker, 'busy');
      const since = now();
      await breakEverything(scene);
      await Promise.all([
        watched.fires('TokenBrokerErrorBudgetBurnsFast', { client: 'down' }, since),
        watched.fires('TokenBrokerErrorBudgetBurnsSlowly', { client: 'down' }, since),
        watched.fires('TokenBrokerTokenExpiresSoon', { client: 'down', scopes: 'a' }, since),
        watched.fires('TokenBrokerRenewalFailing', { client: 'down', outcome: 'unavailable' }, since),
        watched.fires('TokenBrokerCooldownLong', { client: 'throttled' }, since),
        watched.fires('TokenBrokerCredentialRefused', { client: 'refused' }, since),
        watched.fires('TokenBrokerBudgetNearlyUsed', { client: 'greedy' }, since),
        watched.fires('TokenBrokerOldCredentialInUse', { client: 'rotating' }, since),
        watched.fires('TokenBrokerClockSkew', { client: 'skewed' }, since),
        watched.fires('TokenBrokerSettingsRefused', {}, since),
        watched.fires('TokenBrokerLockErrors', {}, since),
        watched.fires('TokenBrokerScheduleLate', { job: 'busy' }, since),
      ]);
      expect(await watched.namesSince(since, 'steady')).toEqual([]);
      expect(await watched.namesSince(since, 'rotating')).toEqual(['TokenBrokerOldCredentialInUse']);
      expect(await watched.namesSince(since, 'skewed')).toEqual(['TokenBrokerClockSkew']);
      await repairEverything(scene, busy.server);
      await watched.resolve();
    },
  );

  it('fire when Redis is down, and resolve', { timeout: 300_000 }, async () => {
    const since = now();
    await scene.redis.kill('SIGKILL');
    await watched.fires('TokenBrokerRedisDown', {}, since);
    expect(await watched.namesSince(since)).toEqual(['TokenBrokerRedisDown']);
    await scene.redis.restart();
    await watched.resolve();
  });

  it('fire when replicas are down, and resolve', { timeout: 300_000 }, async () => {
    await Promise.all(loads.map((one) => one.stop()));
    const since = now();
    const [first, ...others] = scene.brokers;
    first!.signal('SIGSTOP');
    await watched.fires('TokenBrokerReplicaDown', { instance: target(first!) }, since);
    expect(await watched.namesSince(since)).toEqual(['TokenBrokerReplicaDown']);
    for (const broker of others) broker.signal('SIGSTOP');
    await watched.fires('TokenBrokerAbsent', {}, now() - scaled('1m'));
    for (const broker of scene.brokers) broker.signal('SIGCONT');
    await watched.resolve();
  });

  // Nothing can make keys of a workload issuer stale in less than the ten minutes for which they are fresh.
  it('have all fired by now, but for the one that takes ten minutes', async () => {
    const others = alerts.filter(({ alert }) => alert !== 'TokenBrokerWorkloadKeysStale');
    expect(await watched.namesSince(startedAt)).toEqual(others.map(({ alert }) => alert).toSorted());
  });

  const exercised = dashboardQueries.filter(({ expr }) => !expr.includes('workload_key_failures'));

  it.each(exercised)('leave data behind for the panel "$title"', async ({ expr }) => {
    const query = expr
      .replaceAll('client="$client"', `client=~"${clients.join('|')}"`)
      .replaceAll(/\$(namespace|job)/g, '.*')
      .replaceAll('$__rate_interval', '6s');
    expect(await valuesOf(query)).toBeGreaterThan(0);
  });

  it.each(recordings)('leave data behind for the rule $record', async ({ record }) => {
    expect(await valuesOf(record)).toBeGreaterThan(0);
  });

  async function valuesOf(query: string): Promise<number> {
    const series = await scene.prometheus.range(query, startedAt);
    return series.flatMap(({ values }) => values).filter(([, value]) => value !== 'NaN').length;
  }
});

/** Resolves when it has got tokens of two renewals. @throws Error when that takes more than a minute */
async function twiceRenewed(load: SteadyLoad): Promise<void> {
  const before = load.answers.tokens.length;
  const deadline = now() + 60;
  while (load.answers.tokens.length < before + 2) {
    if (now() > deadline) throw new Error('tokens are not renewed');
    await pause(250);
  }
}
