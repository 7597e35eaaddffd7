import type { ConsumerActivities, ConsumerActivity } from '#consumers/consumer-activity.js';
import type { SeenConsumer } from '#metrics/consumer-metrics.js';
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

function isSeen([, { lastSeenAt }]: readonly [string, ConsumerActivity]): boolean {
  return lastSeenAt > -Infinity;
}
