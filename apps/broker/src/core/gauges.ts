import { collectDefaultMetrics, Registry } from 'prom-client';
import { ConsumerActivities } from '#consumers/consumer-activity.js';
import { exposeCachedTokens } from '#metrics/cached-token-metrics.js';
import { exposeConsumerKeys, exposeConsumers } from '#metrics/consumer-metrics.js';
import { exposeClients, exposeSigningKeys } from '#metrics/client-metrics.js';
import { registerLateness } from '#metrics/schedule-metrics.js';
import { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { Clock } from '#tokens/model/clock.js';
import { PlannedRenewals } from '#tokens/ports/renewal-schedule.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import { TrustedTime } from '#tokens/trusted-time.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { BrokerHealth } from './broker-health.js';
import { clientGauges } from './client-health.js';
import { consumerReports, datedKeys } from './consumer-reports.js';
import { CredentialTrials } from './credential-trials.js';
import { PublishedKeys } from './published-keys.js';

/** Read at each scrape. */
export function exposeGauges(
  registry: Registry,
  consumers: ConsumerActivities,
  memory: MemoryTokenStore,
  health: BrokerHealth,
  trials: CredentialTrials,
  budget: TokenRequestBudget,
  schedule: PlannedRenewals,
  publishedKeys: PublishedKeys,
  clock: Clock,
  time: TrustedTime,
): void {
  collectDefaultMetrics({ register: registry });
  exposeCachedTokens(registry, () => memory.snapshot(), clock);
  const peers = () => [{ peer: RedisClock.peer, skew: time.skewOf(RedisClock.peer) }];
  exposeClients(registry, () => clientGauges(health.clients, trials, budget, clock), peers);
  exposeSigningKeys(registry, () => publishedKeys.rotations());
  exposeConsumers(registry, () => consumerReports(consumers, clock));
  exposeConsumerKeys(registry, () => datedKeys(consumers));
  registerLateness(registry, () => health.overdue.maxLateness(schedule));
}
