import type { Registry } from 'prom-client';
import { metricNames } from './metric-names.js';
import { registerCounter, registerGauge } from './scraped.js';

/** What is known of a consumer of the active settings. Instants: milliseconds since 1970. */
export interface SeenConsumer {
  name: string;
  /** Answers by `served`, `would_be_denied`, or an error code. */
  outcomes: ReadonlyMap<string, number>;
  lastSeenAt: number;
  credentials: readonly { name: string; lastSeenAt: number }[];
}

/** Read at each scrape: a hit only counts in plain numbers. */
export function exposeConsumers(registry: Registry, snapshot: () => readonly SeenConsumer[]): void {
  registerCounter(
    registry,
    metricNames.consumerRequests,
    'Requests of a consumer, by outcome: served, would_be_denied (served by mode: audit), or an error code.',
    ['consumer', 'outcome'],
    () =>
      snapshot().flatMap(({ name, outcomes }) =>
        [...outcomes].map(([outcome, count]) => [{ consumer: name, outcome }, count] as const),
      ),
  );
  registerGauge(
    registry,
    metricNames.consumerLastSeen,
    'Unix time of the last request of a consumer at this replica.',
    ['consumer'],
    () => snapshot().map(({ name, lastSeenAt }) => [{ consumer: name }, lastSeenAt / 1000]),
  );
  registerGauge(
    registry,
    metricNames.consumerCredentialLastSeen,
    'Unix time at which a consumer was last served for a credential: the first 12 hex digits of the hash of its key, or "workload".',
    ['consumer', 'credential'],
    () =>
      snapshot().flatMap(({ name: consumer, credentials }) =>
        credentials.map(
          ({ name, lastSeenAt }) => [{ consumer, credential: name }, lastSeenAt / 1000] as const,
        ),
      ),
  );
}
