import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '#tokens/model/clock.js';
import type { CachedToken } from '#tokens/memory/memory-token-store.js';
import { firstBy } from '#tokens/model/limits.js';
import { metricNames } from './metric-names.js';

/** Each series costs some 10 us of the event loop at each scrape: a hundred thousand would block it for a second. */
const maxSeries = 1_000;

/** Registers the tokens cached now, of many the most urgent: the series of a lapsed token ends. */
export function exposeCachedTokens(registry: Registry, snapshot: () => CachedToken[], clock: Clock): void {
  const instants = (name: string, help: string, instant: (cached: CachedToken) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['client', 'scopes'],
      registers: [],
      collect() {
        this.reset();
        const first = firstBy(snapshot(), maxSeries, instant)[0];
        for (const [labels, at] of earliest(first, instant)) this.set(labels, wallSeconds(at, clock));
      },
    });
  const cached = new Gauge({
    name: metricNames.tokensCached,
    help: 'Tokens cached now.',
    labelNames: ['tier'],
    registers: [],
    collect() {
      this.set({ tier: 'memory' }, snapshot().length);
    },
  });
  registry.registerMetric(
    instants(
      metricNames.tokenExpiry,
      'Unix time at which the token expires.',
      ({ token }) => token.expiresAt,
    ),
  );
  registry.registerMetric(
    instants(
      metricNames.tokenRenewal,
      'Unix time at which the token is next renewed.',
      ({ token }) => token.renewAt,
    ),
  );
  registry.registerMetric(cached);
}

/** Tokens for different resources may share client and scopes: the most urgent counts. */
function earliest(
  cached: readonly CachedToken[],
  instant: (cached: CachedToken) => number,
): Iterable<[{ client: string; scopes: string }, number]> {
  const found = new Map<string, [{ client: string; scopes: string }, number]>();
  for (const one of cached) {
    const { client, scopes } = one.request;
    const key = `${client.name} ${scopes}`;
    const at = Math.min(instant(one), found.get(key)?.[1] ?? Infinity);
    found.set(key, [{ client: client.name, scopes: String(scopes) }, at]);
  }
  return found.values();
}

/** From an instant of the monotonic clock to Unix time. */
function wallSeconds(at: number, clock: Clock): number {
  return (clock.wallTime() + at - clock.now()) / 1000;
}
