import { Counter, Gauge, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';

/** What is known of a consumer of the active settings. Instants: milliseconds since 1970. */
export interface SeenConsumer {
  name: string;
  /** Answers by `served`, `would_be_denied`, or an error code. */
  outcomes: ReadonlyMap<string, number>;
  lastSeenAt: number;
  credentials: readonly { name: string; lastSeenAt: number }[];
}

/** An API key of a consumer, whether it has asked or not. Instants: milliseconds since 1970. */
export interface DatedKey {
  consumer: string;
  /** The first 12 hex digits of its hash. */
  credential: string;
  expiresAt: number | undefined;
  replaceBy: number | undefined;
}

/** Shows which API keys have to be replaced, and when. */
export function exposeConsumerKeys(registry: Registry, snapshot: () => readonly DatedKey[]): void {
  const gauge = (name: string, help: string, instant: 'expiresAt' | 'replaceBy') =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['consumer', 'credential'],
        registers: [],
        collect() {
          this.reset();
          for (const { consumer, credential, [instant]: at } of snapshot())
            if (at !== undefined) this.set({ consumer, credential }, at / 1000);
        },
      }),
    );
  gauge(
    metricNames.consumerKeyExpires,
    'Unix time from which an API key of a consumer is refused, by `expiresAt`. Absent where it does not expire.',
    'expiresAt',
  );
  gauge(
    metricNames.consumerKeyReplaceBy,
    'Unix time at which an API key of a consumer reaches its maximum age. Absent where it has none.',
    'replaceBy',
  );
}

/** Read at each scrape: a hit only counts in plain numbers. */
export function exposeConsumers(registry: Registry, snapshot: () => readonly SeenConsumer[]): void {
  registry.registerMetric(
    new Counter({
      name: metricNames.consumerRequests,
      help: 'Requests of a consumer, by outcome: served, would_be_denied (served by mode: audit), or an error code.',
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
