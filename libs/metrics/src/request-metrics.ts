import { Counter, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';
import { PlainHistogram } from './plain-histogram.js';
import { RequestCounter } from './request-counter.js';

/** A consumer's request that has been answered. Durations in milliseconds. */
export interface AnsweredRequest {
  /** From the settings; undefined when the request got no further than a refusal. */
  client: string | undefined;
  /** Where the token came from; undefined when there is none. */
  source: string | undefined;
  /** `served`, or the error code. */
  outcome: string;
  duration: number;
  /** Life left in the token served. */
  remaining: number | undefined;
}

const none = 'none';

/** The consumers' side. Label values come from the settings and from fixed lists, so their number is bounded. */
export class RequestMetrics {
  readonly #requests;
  readonly #duration;
  readonly #remaining;
  readonly #denials;

  constructor(registry: Registry) {
    this.#requests = new RequestCounter(registry);
    const duration = {
      name: metricNames.requestDuration,
      help: 'Time to answer a request of a consumer, by source of the token.',
      labelName: 'source',
      // From memory it is a fraction of a millisecond; who waits for a token request may wait for its whole timeout.
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };
    const remaining = {
      name: metricNames.servedTokenRemaining,
      help: 'Life left in tokens when they were served.',
      labelName: 'client',
      // Fine below `minRemaining` (60 s), where it gets tight; lives are an hour, as a rule, and a day at the most.
      buckets: [1, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 86400],
    };
    this.#duration = new PlainHistogram(duration, registry);
    this.#remaining = new PlainHistogram(remaining, registry);
    this.#denials = new Counter({
      name: metricNames.consumerDenials,
      help: 'Requests refused to a consumer, by error code. Consumer "none": it could not be authenticated.',
      labelNames: ['consumer', 'reason'],
      registers: [registry],
    });
  }

  answered({ client = none, source = none, outcome, duration, remaining }: AnsweredRequest): void {
    this.#requests.count(client, source, outcome);
    this.#duration.observe(source, duration / 1000);
    if (remaining !== undefined) this.#remaining.observe(client, remaining / 1000);
  }

  denied(consumer: string | undefined, reason: string): void {
    this.#denials.inc({ consumer: consumer ?? none, reason });
  }
}
