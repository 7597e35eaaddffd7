import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { CachedToken } from '#tokens/memory/memory-token-store.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenEvent } from '#tokens/ports/token-events.js';
import { FakeClock } from '#test/fake-clock.js';
import { metricValue } from '#test/metric-value.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { exposeCachedTokens } from './cached-token-metrics.js';
import { type ClientGauges, exposeClients, exposeSigningKeys } from './client-metrics.js';
import { exposeConsumers, type SeenConsumer } from './consumer-metrics.js';
import { type DatedKey, exposeKeys } from './key-metrics.js';
import { exposeDroppedLines, JobMetrics, registerLateness } from './process-metrics.js';
import { metricNames } from './metric-names.js';
import { RequestMetrics } from './request-metrics.js';
import { SettingsMetrics } from './settings-metrics.js';
import { TokenMetrics } from './token-metrics.js';

const client = someClient();
const request = client.request(ScopeSet.parse('api:partner'));
const failure = new UpstreamFailure('throttled', 'not said');

let clock: FakeClock;
let registry: Registry;
let tokens: TokenMetrics;
let clients: ClientGauges[];
let rotations: { client: string; at: number }[];
let consumers: SeenConsumer[];
let keys: DatedKey[];
let lateness: number;
let droppedLines: number;
let requests: RequestMetrics;
let settings: SettingsMetrics;
let jobs: JobMetrics;
let cached: CachedToken[];

beforeEach(() => {
  clock = new FakeClock();
  registry = new Registry();
  tokens = new TokenMetrics(registry);
  clients = [];
  lateness = 0;
  droppedLines = 0;
  exposeClients(
    registry,
    () => clients,
    () => [{ peer: 'redis', skew: -300_000 }],
  );
  consumers = [];
  keys = [];
  rotations = [];
  exposeSigningKeys(registry, () => rotations);
  exposeConsumers(registry, () => consumers);
  exposeKeys(registry, 'consumer', () => keys);
  exposeKeys(registry, 'operator', () => keys);
  registerLateness(registry, () => lateness);
  exposeDroppedLines(registry, () => droppedLines);
  requests = new RequestMetrics(registry);
  jobs = new JobMetrics(registry, ['renewal_sweep']);
  settings = new SettingsMetrics(registry, { version: '1.2.3', node: 'v24' });
  cached = [];
  exposeCachedTokens(registry, () => cached, clock);
});

function emit(...events: TokenEvent[]): void {
  for (const event of events) tokens.emit(event);
}

const events: TokenEvent[] = [
  { type: 'renewed', request, trigger: 'demand', fingerprint: 'a1b2c3d4e5f6', lifetime: 3_600_000 },
  { type: 'renewal_failed', request, trigger: 'schedule', failure },
  { type: 'response_anomaly', request, oddity: 'scope_differs', granted: 'x' },
  { type: 'store_failed', tier: 'memory', operation: 'get', cause: undefined },
  { type: 'lock_attempted', outcome: 'acquired' },
  { type: 'lock_released', request, held: 250 },
  { type: 'renewal_due', request, lag: 1_500 },
  { type: 'keys_read', client, outcome: 'ok' },
];

function everythingHappens(): void {
  emit(...events);
  tokens.sent({ client: 'rabot', outcome: 'ok', duration: 20 });
  requests.served('rabot', 'memory', 1, 60_000);
  requests.denied('order-service', 'access_denied');
  consumers = [
    {
      name: 'order-service',
      outcomes: new Map([['served', 1]]),
      lastSeenAt: 1,
      credentials: [{ name: '0a0a0a0a0a0a', lastSeenAt: 1 }],
    },
  ];
  keys = [{ owner: 'order-service', credential: '0a0a0a0a0a0a', expiresAt: 1, replaceBy: 1 }];
  rotations = [{ client: 'rabot', at: clock.wallTime() }];
  settings.loaded(clock.wallTime());
  settings.reloaded('refused');
  settings.restored();
  settings.workloadKeysFailed('cluster');
  jobs.failed('renewal_sweep');
  cached = [{ request, token: someToken(clock.now()) }];
  lateness = 2_000;
  droppedLines = 3;
  clients = [
    {
      name: 'rabot',
      isCoolingDown: true,
      isRefused: true,
      isTrialRefused: true,
      credentials: 1,
      credentialInUse: 1,
      credentialExpiries: [Date.UTC(2027, 2, 31)],
      budget: 60,
      budgetUsed: 1,
      skew: 3_000,
      requestsRemaining: 7,
      quotas: [{ window: 'perHour', limit: 150, used: 90, usedUpAt: clock.wallTime() }],
    },
  ];
}

/** Those of the contract, with exactly its labels. */
const contract: Record<string, string[]> = {
  requests_total: ['client', 'source', 'outcome'],
  request_duration_seconds: ['source'],
  served_token_remaining_seconds: ['client'],
  token_requests_total: ['client', 'outcome'],
  token_request_duration_seconds: ['client'],
  renewals_total: ['client', 'trigger', 'outcome'],
  renewal_failures_total: ['client', 'reason'],
  renewal_lag_seconds: [],
  token_expiry_timestamp_seconds: ['client', 'scopes'],
  token_renewal_timestamp_seconds: ['client', 'scopes'],
  tokens_cached: ['tier'],
  lock_acquisitions_total: ['outcome'],
  lock_hold_seconds: [],
  store_up: [],
  store_errors_total: ['operation'],
  cooldown_active: ['client'],
  credential_in_use: ['client', 'credential'],
  settings_reloads_total: ['outcome'],
  settings_last_reload_success_timestamp_seconds: [],
  clock_skew_seconds: ['client', 'peer'],
  consumer_denials_total: ['consumer', 'reason'],
  scheduled_job_failures_total: ['job'],
  log_lines_dropped_total: [],
  build_info: ['version', 'node'],
  token_request_budget: ['client'],
  token_request_budget_used: ['client'],
  settings_last_reload_successful: [],
  credential_refused: ['client'],
  credential_trial_refused: ['client'],
  token_request_quota: ['client', 'window'],
  token_request_quota_used: ['client', 'window'],
  token_request_quota_used_up_timestamp_seconds: ['client', 'window'],
  authorization_server_requests_remaining: ['client'],
  credential_expiry_timestamp_seconds: ['client', 'credential'],
  renewal_overdue_seconds: [],
};

async function valueOf(series: string): Promise<number | undefined> {
  return metricValue(await registry.metrics(), `token_broker_${series}`);
}

/** Name -> its series, without comments. */
async function exposed(): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('each metric', () => {
  it.each(Object.values(metricNames))('%s gets a value by what happens', async (name) => {
    everythingHappens();
    const series = (await exposed()).filter(
      (line) => line.split(/[ {]/)[0]!.replace(/_(sum|count)$/, '') === name,
    );
    expect(series.filter((line) => Number(line.split(' ').at(-1)) > 0)).not.toEqual([]);
  });

  it('has a name and labels as Prometheus wants them, and a help text', () => {
    const kinds = registry.getMetricsAsArray();
    expect(new Set(kinds.map(({ name }) => name))).toEqual(new Set(Object.values(metricNames)));
    for (const { name, help, type } of kinds) {
      expect(name).toMatch(/^token_broker_[a-z]+(_[a-z]+)*$/);
      expect(help).toMatch(/\.$/);
      expect([name, name.endsWith('_total')]).toEqual([name, String(type) === 'counter']);
    }
  });

  it.each(Object.entries(contract))('of the contract is there: %s, with the labels %j', (name, labels) => {
    const metric = registry.getSingleMetric(`token_broker_${name}`) as unknown as { labelNames: string[] };
    expect(metric.labelNames).toEqual(labels);
  });

  it('shows no label beyond its few', async () => {
    everythingHappens();
    const labels = (await exposed()).flatMap((line) =>
      [...line.matchAll(/[{,](\w+)="/g)].map(([, label]) => label!),
    );
    const known =
      'client consumer credential issuer job le node oddity operation operator outcome peer reason scopes source tier trigger version window';
    expect([...new Set(labels)].toSorted()).toEqual(known.split(' '));
  });
});

describe('the metrics of renewals', () => {
  it('distinguish success from failure, and why', async () => {
    emit(...events);
    expect(await valueOf('renewals_total{client="rabot",trigger="demand",outcome="ok"}')).toBe(1);
    expect(await valueOf('renewals_total{client="rabot",trigger="schedule",outcome="throttled"}')).toBe(1);
    expect(await valueOf('renewal_failures_total{client="rabot",reason="throttled"}')).toBe(1);
    expect(await valueOf('renewal_lag_seconds_sum')).toBe(1.5);
  });
});

describe('the metrics of the clients', () => {
  const fine = {
    name: 'rabot',
    isCoolingDown: false,
    isRefused: false,
    isTrialRefused: undefined,
    credentials: 1,
    credentialInUse: undefined,
    credentialExpiries: [],
    budget: 60,
    budgetUsed: 0,
    skew: undefined,
    requestsRemaining: undefined,
    quotas: [],
  };

  it('show each client of the settings from the start, and only what is known of it', async () => {
    clients = [fine];
    expect(await valueOf('cooldown_active{client="rabot"}')).toBe(0);
    expect(await valueOf('credential_refused{client="rabot"}')).toBe(0);
    expect(await valueOf('token_request_budget{client="rabot"}')).toBe(60);
    expect(await valueOf('token_request_budget_used{client="rabot"}')).toBe(0);
    expect(await valueOf('clock_skew_seconds{client="rabot"}')).toBeUndefined();
    expect(await valueOf('credential_in_use{client="rabot",credential="1"}')).toBeUndefined();
  });

  it('show which credential of a rotation is in use, and forget one that has left the settings', async () => {
    clients = [{ ...fine, credentials: 2, credentialInUse: 2 }];
    expect(await valueOf('credential_in_use{client="rabot",credential="1"}')).toBe(0);
    expect(await valueOf('credential_in_use{client="rabot",credential="2"}')).toBe(1);
    clients = [{ ...fine, credentialInUse: 1 }];
    expect(await valueOf('credential_in_use{client="rabot",credential="1"}')).toBe(1);
    expect(await valueOf('credential_in_use{client="rabot",credential="2"}')).toBeUndefined();
  });

  it('show a changed credential while it is tried, and whether it is refused', async () => {
    clients = [fine];
    expect(await valueOf('credential_trial_refused{client="rabot"}')).toBeUndefined();
    clients = [{ ...fine, isTrialRefused: false }];
    expect(await valueOf('credential_trial_refused{client="rabot"}')).toBe(0);
    clients = [{ ...fine, isTrialRefused: true }];
    expect(await valueOf('credential_trial_refused{client="rabot"}')).toBe(1);
  });

  it('show when each credential expires, where that is known', async () => {
    clients = [{ ...fine, credentials: 2, credentialExpiries: [undefined, Date.UTC(2027, 2, 31)] }];
    const expiry = (credential: number) =>
      valueOf(`credential_expiry_timestamp_seconds{client="rabot",credential="${credential}"}`);
    expect(await expiry(1)).toBeUndefined();
    expect(await expiry(2)).toBe(Date.UTC(2027, 2, 31) / 1000);
  });

  it('count seconds of skew, and go with their client', async () => {
    clients = [{ ...fine, isCoolingDown: true, skew: -2_500 }];
    expect(await valueOf('clock_skew_seconds{client="rabot"}')).toBe(-2.5);
    expect(await valueOf('clock_skew_seconds{peer="redis"}')).toBe(-300);
    clients = [];
    expect((await exposed()).filter((line) => line.includes('client="rabot"'))).toEqual([]);
  });
});

describe('the metrics of cached tokens', () => {
  it('are Unix times, and go with the token', async () => {
    cached = [{ request, token: someToken(clock.now()) }];
    const labels = '{client="rabot",scopes="api:partner"}';
    const now = clock.wallTime() / 1000;
    expect(await valueOf(`token_expiry_timestamp_seconds${labels}`)).toBeCloseTo(now + 3_600, 3);
    expect(await valueOf(`token_renewal_timestamp_seconds${labels}`)).toBeCloseTo(now + 2_880, 3);
    expect(await valueOf('tokens_cached{tier="memory"}')).toBe(1);

    cached = [];
    expect(await valueOf(`token_expiry_timestamp_seconds${labels}`)).toBeUndefined();
    expect(await valueOf(`token_renewal_timestamp_seconds${labels}`)).toBeUndefined();
    expect(await valueOf('tokens_cached{tier="memory"}')).toBe(0);
  });

  it('show of several tokens with the same labels the one that expires first', async () => {
    const other = client.request(ScopeSet.parse('api:partner'), ['https://api.example']);
    cached = [
      { request, token: someToken(clock.now()) },
      { request: other, token: someToken(clock.now() - 1_000_000) },
    ];
    const expiry = 'token_expiry_timestamp_seconds{client="rabot",scopes="api:partner"}';
    expect(await valueOf(expiry)).toBeCloseTo(clock.wallTime() / 1000 + 2_600, 3);
    expect(await valueOf('tokens_cached{tier="memory"}')).toBe(2);
  });
});

describe('the metrics of very many cached tokens', () => {
  it('are a thousand series each, of those that come first, and count all', async () => {
    cached = Array.from({ length: 1_500 }, (_, n) => ({
      request: client.request(ScopeSet.parse(`s${n}`)),
      token: someToken(clock.now() - n),
    }));
    const expiries = (await exposed()).filter((line) => line.includes('token_expiry_timestamp_seconds{'));
    expect(expiries.length).toBe(1_000);
    expect(await valueOf('token_expiry_timestamp_seconds{client="rabot",scopes="s1499"}')).toBeDefined();
    expect(await valueOf('token_expiry_timestamp_seconds{client="rabot",scopes="s499"}')).toBeUndefined();
    expect(await valueOf('tokens_cached{tier="memory"}')).toBe(1_500);
  });
});

describe('the metrics of requests', () => {
  it('know no client and no consumer but those of the settings: all others are `none`', async () => {
    for (let wrong = 0; wrong < 1_000; wrong++) {
      requests.refused(undefined, 'access_denied', 1);
      requests.denied(undefined, 'invalid_client');
    }
    const total = 'requests_total{client="none",source="none",outcome="access_denied"}';
    expect(await valueOf(total)).toBe(1_000);
    expect(await valueOf('consumer_denials_total{consumer="none",reason="invalid_client"}')).toBe(1_000);
    expect(
      (await exposed()).filter((line) => /^token_broker_(requests|consumer_denials)_total\{/.test(line))
        .length,
    ).toBe(2);
  });

  it('count seconds, and the life left only of what was served', async () => {
    requests.served('rabot', 'memory', 250, 90_000);
    requests.refused('rabot', 'temporarily_unavailable', 1_000);
    expect(await valueOf('request_duration_seconds_sum{source="memory"}')).toBe(0.25);
    expect(await valueOf('request_duration_seconds_sum{source="none"}')).toBe(1);
    expect(await valueOf('served_token_remaining_seconds_sum{client="rabot"}')).toBe(90);
    expect(await valueOf('served_token_remaining_seconds_count{client="rabot"}')).toBe(1);
  });
});

describe('the metrics of the settings', () => {
  it('show the outcome of reloads, when the last one was good, and the build', async () => {
    settings.loaded(clock.wallTime());
    settings.reloaded('ok');
    settings.reloaded('refused');
    settings.reloaded('refused');
    expect(await valueOf('settings_reloads_total{outcome="ok"}')).toBe(1);
    expect(await valueOf('settings_reloads_total{outcome="refused"}')).toBe(2);
    expect(await valueOf('settings_last_reload_successful')).toBe(0);
    settings.restored();
    expect(await valueOf('settings_last_reload_successful')).toBe(1);
    expect(await valueOf('settings_last_reload_success_timestamp_seconds')).toBe(clock.wallTime() / 1000);
    expect(await valueOf('build_info{version="1.2.3",node="v24"}')).toBe(1);
  });
});
