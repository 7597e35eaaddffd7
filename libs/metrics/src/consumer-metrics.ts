import { Counter, Gauge, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';

/** What is known of a consumer of the active settings. Instants: milliseconds since 1970. */
export interface SeenConsumer {
  name: string;
  /** Answers by `served`, or an error code. */
  outcomes: ReadonlyMap<string, number>;
  lastSeenAt: number;
  credentials: readonly { name: string; lastSeenAt: number }[];
}

/** Read at each scrape: a hit only counts in plain numbers. */
export function exposeConsumers(registry: Registry, snapshot: () => readonly SeenConsumer[]): void {
  registry.registerMetric(
    new Counter({
      name: metricNames.consumerRequests,
      help: 'Requests of a consumer, by outcome: served, or an error code.',
      labelNames: ['consumer', 'outcome'],
      registers: [],
      collect() {
        this.reset();
        for (const { name, outcomes } of snapshot())
          for (const [outcome, count] of outcomes) this.inc({ consumer: name, outcome }, count);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: metricNames.consumerLastSeen,
      help: 'Unix time of the last request of a consumer at this replica.',
      labelNames: ['consumer'],
      registers: [],
      collect() {
        this.reset();
        for (const { name, lastSeenAt } of snapshot()) this.set({ consumer: name }, lastSeenAt / 1000);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: metricNames.consumerCredentialLastSeen,
      help: 'Unix time at which a consumer was last served for a credential: the first 12 hex digits of the hash of its key, or "workload".',
      labelNames: ['consumer', 'credential'],
      registers: [],
      collect() {
        this.reset();
        for (const { name, credentials } of snapshot())
          for (const one of credentials)
            this.set({ consumer: name, credential: one.name }, one.lastSeenAt / 1000);
      },
    }),
  );
}
