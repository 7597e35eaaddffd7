import { collectDefaultMetrics, Registry } from 'prom-client';
import { type ApiKey, keyFingerprint } from '#consumers/api-key.js';
import { ConsumerActivities, type ConsumerActivity } from '#consumers/consumer-activity.js';
import { exposeCachedTokens } from '#metrics/cached-token-metrics.js';
import { exposeConsumers, type SeenConsumer } from '#metrics/consumer-metrics.js';
import { type DatedKey, exposeKeys } from '#metrics/key-metrics.js';
import { type ClientGauges, exposeClients, exposeSigningKeys } from '#metrics/client-metrics.js';
import { registerLateness } from '#metrics/process-metrics.js';
import { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { Clock } from '#tokens/model/clock.js';
import { PlannedRenewals } from '#tokens/ports/renewal-schedule.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import { TrustedTime } from '#tokens/trusted-time.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { ActiveSettings } from './active-settings.js';
import { BrokerHealth } from './broker-health.js';
import type { ClientHealth } from './client-health.js';
import { CredentialTrials } from './credential-trials.js';
import { factory } from './factory.js';
import { PublishedKeys } from './published-keys.js';

/** What is read of the parts at each scrape. */
export const gauges = factory(
  Symbol('gauges'),
  [
    Registry,
    ConsumerActivities,
    MemoryTokenStore,
    BrokerHealth,
    CredentialTrials,
    TokenRequestBudget,
    PlannedRenewals,
    PublishedKeys,
    ActiveSettings,
    Clock,
    TrustedTime,
  ],
  (registry, consumers, memory, health, trials, budget, schedule, publishedKeys, settings, clock, time) => {
    collectDefaultMetrics({ register: registry });
    exposeCachedTokens(registry, () => memory.snapshot(), clock);
    const peers = () => [{ peer: RedisClock.peer, skew: time.skewOf(RedisClock.peer) }];
    exposeClients(registry, () => clientGauges(health.clients, trials, budget, clock), peers);
    exposeSigningKeys(registry, () => publishedKeys.rotations());
    exposeConsumers(registry, () => seenConsumers(consumers, clock));
    exposeKeys(registry, 'consumer', () => datedKeys(Object.values(settings.active.settings.consumers)));
    exposeKeys(registry, 'operator', () =>
      datedKeys(settings.active.settings.management.authentication?.keys ?? []),
    );
    registerLateness(registry, () => health.overdue.maxLateness(schedule));
  },
);

function clientGauges(
  health: ClientHealth,
  { all: trials }: Pick<CredentialTrials, 'all'>,
  budget: TokenRequestBudget,
  clock: Clock,
): ClientGauges[] {
  const onTrial = new Map(trials.map(({ client, failure }) => [client.name, failure?.reason]));
  return health.all.map(({ client, credentialInUse }) => ({
    name: client.name,
    isCoolingDown: health.isCoolingDown(client),
    isRefused: health.stateOf(client).state === 'refused',
    isTrialRefused: onTrial.has(client.name) ? onTrial.get(client.name) === 'client_refused' : undefined,
    credentials: client.options.credentials.length,
    credentialInUse,
    credentialExpiries: client.options.credentialExpiries ?? [],
    budget: client.options.maxTokenRequestsPerMinute,
    budgetUsed: budget.used(client),
    skew: health.skewOf(client),
    requestsRemaining: health.rateLimitOf(client)?.remaining,
    quotas: budget.quotas(client).map(({ usedUpAt, ...one }) => ({
      ...one,
      usedUpAt: usedUpAt && clock.wallTimeOf(usedUpAt),
    })),
  }));
}

/** Those that this replica has seen. */
function seenConsumers({ all }: ConsumerActivities, clock: Clock): SeenConsumer[] {
  return [...all].filter(isSeen).map(([name, { outcomes, lastSeenAt, credentials }]) => ({
    name,
    outcomes,
    lastSeenAt: clock.wallTimeOf(lastSeenAt),
    credentials: credentials
      .filter(({ count }) => count > 0)
      .map(({ place, fingerprint, lastAt }) => ({
        name: fingerprint ?? place,
        lastSeenAt: clock.wallTimeOf(lastAt),
      })),
  }));
}

/** API keys that expire, or reach a maximum age. */
function datedKeys(owners: readonly { name: string; keys: readonly ApiKey[] }[]): DatedKey[] {
  return owners.flatMap(({ name: owner, keys }) =>
    keys
      .filter(({ expiresAt, replaceBy }) => (expiresAt ?? replaceBy) !== undefined)
      .map(({ hash, ...dates }) => ({
        owner,
        credential: keyFingerprint(hash),
        expiresAt: dates.expiresAt,
        replaceBy: dates.replaceBy,
      })),
  );
}

function isSeen([, { lastSeenAt }]: readonly [string, ConsumerActivity]): boolean {
  return lastSeenAt > -Infinity;
}
