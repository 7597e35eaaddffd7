import type { Registry } from 'prom-client';
import { metricNames } from './metric-names.js';
import { registerGauge } from './scraped.js';

/** An API key, whether it has been used or not. Instants: milliseconds since 1970. */
export interface DatedKey {
  /** The consumer or operator that it is of. */
  owner: string;
  /** The first 12 hex digits of its hash. */
  credential: string;
  expiresAt: number | undefined;
  replaceBy: number | undefined;
}

type Owner = 'consumer' | 'operator';

/** Shows which API keys have to be replaced, and when. */
export function exposeKeys(registry: Registry, owner: Owner, snapshot: () => readonly DatedKey[]): void {
  const gauge = (name: string, help: string, instant: 'expiresAt' | 'replaceBy') =>
    registerGauge(registry, name, help, [owner, 'credential'], () =>
      snapshot().map(({ owner: named, credential, [instant]: at }) => [
        { [owner]: named, credential },
        at && at / 1000,
      ]),
    );
  gauge(
    metricNames[`${owner}KeyExpires`],
    `Unix time from which an API key of ${withArticle[owner]} is refused, by \`expiresAt\`. Absent where it does not expire.`,
    'expiresAt',
  );
  gauge(
    metricNames[`${owner}KeyReplaceBy`],
    `Unix time at which an API key of ${withArticle[owner]} reaches its maximum age. Absent where it has none.`,
    'replaceBy',
  );
}

const withArticle = { consumer: 'a consumer', operator: 'an operator' };
