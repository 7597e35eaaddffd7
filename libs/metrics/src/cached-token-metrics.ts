import type { Registry } from 'prom-client';
import type { Clock } from '#tokens/model/clock.js';
import type { CachedToken } from '#tokens/memory/memory-token-store.js';
import { firstBy } from '#tokens/model/limits.js';
import { metricNames } from './metric-names.js';
import { registerGauge } from './scraped.js';

type InstantOf = (cached: CachedToken) => number;

/** Each series costs some 10 us of the event loop at each scrape: a hundred thousand would block it for a second. */
const maxSeries = 1_000;

/** Registers the tokens cached now, of many the most urgent: the series of a lapsed token ends. */
export function exposeCachedTokens(registry: Registry, snapshot: () => CachedToken[], clock: Clock): void {
  const instants = (name: string, help: string, instant: InstantOf) =>
    registerGauge(registry, name, help, ['client', 'scopes'], () => {
      const [first] = firstBy(snapshot(), maxSeries, instant);
      return earliest(first, instant).map(([labels, at]) => [labels, clock.wallTimeOf(at) / 1000]);
    });
  instants(metricNames.tokenExpiry, 'Unix time at which the token expires.', ({ token }) => token.expiresAt);
  instants(
    metricNames.tokenRenewal,
    'Unix time at which the token is next renewed.',
    ({ token }) => token.renewAt,
  );
  registerGauge(registry, metricNames.tokensCached, 'Tokens cached now.', ['tier'], () => [
    [{ tier: 'memory' }, snapshot().length],
  ]);
}

/** Tokens for different resources may share client and scopes: the most urgent counts. */
function earliest(
  cached: readonly CachedToken[],
  instant: InstantOf,
): [labels: { client: string; scopes: string }, at: number][] {
  const groups = Map.groupBy(cached, ({ request }) => `${request.client.name} ${request.scopes}`);
  return [...groups.values()].map((group) => {
    const { client, scopes } = group[0]!.request;
    return [{ client: client.name, scopes: String(scopes) }, Math.min(...group.map(instant))];
  });
}
