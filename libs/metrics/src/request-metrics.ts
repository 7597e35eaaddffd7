import { Counter, Histogram, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';
import { CounterSeries, HistogramSeries } from './series.js';

/** Where requests are counted whose token came from one source. */
interface ServedSeries {
  requests: CounterSeries;
  duration: HistogramSeries;
  remaining: HistogramSeries;
}

const none = 'none';

/** The consumer API. Label values come from the settings and from fixed lists, so their number is bounded. */
export class RequestMetrics {
  readonly #requests;
  readonly #duration;
  readonly #remaining;
  readonly #denials;
  readonly #served = new Map<string, Map<string, ServedSeries>>();

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

  /** @param duration milliseconds @param remaining milliseconds of life left in the token */
  served(client: string, source: string, duration: number, remaining: number): void {
    const series = this.#served.get(client)?.get(source) ?? this.#servedSeries(client, source);
    series.requests.inc();
    series.duration.observe(duration / 1000);
    series.remaining.observe(remaining / 1000);
  }

  /**
   * @param client from the settings; undefined when the request got no further than a refusal
   * @param duration milliseconds
   */
  refused(client: string | undefined, outcome: string, duration: number): void {
    this.#requests.inc({ client: client ?? none, source: none, outcome });
    this.#duration.observe({ source: none }, duration / 1000);
  }

  denied(consumer: string | undefined, reason: string): void {
    this.#denials.inc({ consumer: consumer ?? none, reason });
  }

  #servedSeries(client: string, source: string): ServedSeries {
    const series = {
      requests: new CounterSeries(this.#requests, { client, source, outcome: 'served' }),
      duration: new HistogramSeries(this.#duration, { source }),
      remaining: new HistogramSeries(this.#remaining, { client }),
    };
    const ofClient = this.#served.get(client) ?? new Map<string, ServedSeries>();
    this.#served.set(client, ofClient.set(source, series));
    return series;
  }
}
