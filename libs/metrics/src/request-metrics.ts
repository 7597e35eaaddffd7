import { Counter, Histogram, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';

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

/** The consumer API. Label values come from the settings and from fixed lists, so their number is bounded. */
export class RequestMetrics {
  readonly #requests;
  readonly #duration;
  readonly #remaining;
  readonly #denials;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: metricNames.requests,
      help: 'Requests of consumers, by client, source of the token and outcome.',
      labelNames: ['client', 'source', 'outcome'],
      registers,
    });
    this.#duration = new Histogram({
      name: metricNames.requestDuration,
      help: 'Seconds to answer a request of a consumer, by source of the token.',
      labelNames: ['source'],
      // From memory it is a fraction of a millisecond; a token request may take its whole timeout.
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#remaining = new Histogram({
      name: metricNames.servedTokenRemaining,
      help: 'Seconds of life left in tokens when they were served.',
      labelNames: ['client'],
      // Fine below `minRemaining` (60 s), where it matters; lifetimes are an hour, as a rule, and a day at most.
      buckets: [1, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 86400],
      registers,
    });
    this.#denials = new Counter({
      name: metricNames.consumerDenials,
      help: 'Requests denied to a consumer, by error code. Consumer "none": it could not be authenticated.',
      labelNames: ['consumer', 'reason'],
      registers,
    });
  }

  answered({ client = none, source = none, outcome, duration, remaining }: AnsweredRequest): void {
    this.#requests.inc({ client, source, outcome });
    this.#duration.observe({ source }, duration / 1000);
    if (remaining !== undefined) this.#remaining.observe({ client }, remaining / 1000);
  }

  denied(consumer: string | undefined, reason: string): void {
    this.#denials.inc({ consumer: consumer ?? none, reason });
  }
}
