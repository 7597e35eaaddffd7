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

/**
 * Nothing can make keys of a workload issuer stale in less than the ten minutes for which they are fresh; and the days
 * before a credential or an API key expires or a key is rotated are compared with the real time, as are the hours of a
 * quota: promtool tests those (deploy/prometheus/tests). No authorization server here says how many requests it still grants.
 */
const unexercised =
  /workload_key|WorkloadKeys|credential_expiry|CredentialExpires|consumer_key_|ConsumerKey|operator_key_|OperatorKey|signing_key_rotation|SigningKeyNotRotated|token_request_quota|QuotaRunsOut|authorization_server_requests_remaining/;
const exercised = alerts.map(({ alert }) => alert).filter((name) => !unexercised.test(name));

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

  it(
    'fire for what is at fault and for nothing else, resolve, and leave data for each panel and rule',
    { timeout: 900_000 },
    async () => {
      await silenceOnAGoodDay();
      await faultsOfClientsAndSettings();
      await redisDown();
      await replicasDown();
      expect(await watched.namesSince(startedAt)).toEqual(exercised.toSorted());
      expect(await withoutData()).toEqual([]);
    },
  );

  async function silenceOnAGoodDay(): Promise<void> {
    const since = now();
    await Promise.all(loads.map(twiceRenewed));
    await pause(Math.max(0, since + 30 - now()) * 1_000);
    expect(await watched.firedSince(startedAt)).toEqual([]);
    expect(loads.flatMap(({ answers }) => answers.all).filter(({ status }) => status !== 200)).toEqual([]);
  }

  async function faultsOfClientsAndSettings(): Promise<void> {
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
      watched.fires('TokenBrokerChangedCredentialRefused', { client: 'changed' }, since),
      watched.fires('TokenBrokerBudgetNearlyUsed', { client: 'greedy' }, since),
      watched.fires('TokenBrokerOldCredentialInUse', { client: 'rotating' }, since),
      watched.fires('TokenBrokerClockSkew', { client: 'skewed' }, since),
      watched.fires('TokenBrokerSettingsRefused', {}, since),
      watched.fires('TokenBrokerLockErrors', {}, since),
      watched.fires('TokenBrokerScheduleLate', { job: 'busy' }, since),
    ]);
    expect(await watched.namesSince(since, 'steady')).toEqual([]);
    expect(await watched.namesSince(since, 'changed')).toEqual(['TokenBrokerChangedCredentialRefused']);
    expect(await watched.namesSince(since, 'rotating')).toEqual(['TokenBrokerOldCredentialInUse']);
    expect(await watched.namesSince(since, 'skewed')).toEqual(['TokenBrokerClockSkew']);
    await repairEverything(scene, busy.server);
    await watched.resolve();
  }

  async function redisDown(): Promise<void> {
    const since = now();
    await scene.redis.kill('SIGKILL');
    await watched.fires('TokenBrokerRedisDown', {}, since);
    expect(await watched.namesSince(since)).toEqual(['TokenBrokerRedisDown']);
    await scene.redis.restart();
    await watched.resolve();
  }

  async function replicasDown(): Promise<void> {
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
  }

  /** Titles of panels and names of rules of which Prometheus has kept nothing. */
  async function withoutData(): Promise<string[]> {
    const panels = dashboardQueries.map(({ title, expr }) => [title, queryOf(expr)] as const);
    const rules = recordings.map(({ record }) => [record, record] as const);
    const missing: string[] = [];
    for (const [name, query] of [...panels, ...rules]) {
      if (!unexercised.test(query) && (await valuesOf(query)) === 0) missing.push(name);
    }
    return missing;
  }

  async function valuesOf(query: string): Promise<number> {
    const series = await scene.prometheus.range(query, startedAt);
    return series.flatMap(({ values }) => values).filter(([, value]) => value !== 'NaN').length;
  }
});

/** A query of a panel, with the variables of its dashboard filled in. */
function queryOf(expr: string): string {
  return expr
    .replaceAll('client="$client"', `client=~"${clients.join('|')}"`)
    .replaceAll(/\$(namespace|job)/g, '.*')
    .replaceAll('$__rate_interval', '6s');
}

/** Resolves when it has got tokens of two renewals. @throws Error when that takes more than a minute */
async function twiceRenewed(load: SteadyLoad): Promise<void> {
  const before = load.answers.tokens.length;
  const deadline = now() + 60;
  while (load.answers.tokens.length < before + 2) {
    if (now() > deadline) throw new Error('tokens are not renewed');
    await pause(250);
  }
}
