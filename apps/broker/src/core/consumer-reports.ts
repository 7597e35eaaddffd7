import type { ConsumerActivities, ConsumerActivity } from '#consumers/consumer-activity.js';
import type { DatedKey, SeenConsumer } from '#metrics/consumer-metrics.js';
import type { Clock } from '#tokens/model/clock.js';

/** What metrics show of each consumer that this replica has seen. */
export function consumerReports({ all }: ConsumerActivities, clock: Clock): SeenConsumer[] {
  const toWallTime = clock.wallTime() - clock.now();
  return [...all].filter(isSeen).map(([name, { outcomes, lastSeenAt, credentials }]) => ({
    name,
    outcomes,
    lastSeenAt: lastSeenAt + toWallTime,
    credentials: credentials
      .filter(({ count }) => count > 0)
      .map(({ place, fingerprint, lastAt }) => ({
        name: fingerprint ?? place,
        lastSeenAt: lastAt + toWallTime,
      })),
  }));
}

/** API keys that expire, or reach a maximum age. */
export function datedKeys({ all }: ConsumerActivities): DatedKey[] {
  return [...all].flatMap(([consumer, { credentials }]) =>
    credentials.flatMap(({ fingerprint, expiresAt, replaceBy }) => {
      const isDated = fingerprint !== undefined && (expiresAt ?? replaceBy) !== undefined;
      return isDated ? [{ consumer, credential: fingerprint, expiresAt, replaceBy }] : [];
    }),
  );
}

function isSeen([, { lastSeenAt }]: readonly [string, ConsumerActivity]): boolean {
  return lastSeenAt > -Infinity;
}
