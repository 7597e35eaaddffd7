import { Counter, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';

type Counts = Map<string, Map<string, Map<string, number>>>;

/**
 * Requests of consumers, counted by client, source and outcome in plain numbers, and handed to prom-client when it is
 * asked for them: to find three labels there takes ten times as long as the count itself.
 */
export class RequestCounter {
  readonly #counts: Counts = new Map();

  constructor(registry: Registry) {
    registry.registerMetric(counterOf(this.#counts));
  }

  count(client: string, source: string, outcome: string): void {
    const sources = within(this.#counts, client);
    const outcomes = within(sources, source);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
}

function within<T>(maps: Map<string, Map<string, T>>, name: string): Map<string, T> {
  let map = maps.get(name);
  if (map === undefined) maps.set(name, (map = new Map()));
  return map;
}

function counterOf(counts: Counts): Counter {
  return new Counter({
    name: metricNames.requests,
    help: 'Requests of consumers, by client, source of the token and outcome.',
    labelNames: ['client', 'source', 'outcome'],
    registers: [],
    collect() {
      this.reset();
      for (const [client, sources] of counts) {
        for (const [source, outcomes] of sources) {
          for (const [outcome, count] of outcomes) this.inc({ client, source, outcome }, count);
        }
      }
    },
  });
}
