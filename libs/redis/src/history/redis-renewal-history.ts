import type { Clock } from '#tokens/model/clock.js';
import {
  type CountedRenewals,
  periodOf,
  periodsKept,
  type RenewalCounts,
  RenewalHistory,
} from '#tokens/ports/renewal-history.js';
import { LuaScript } from '../connection/lua-script.js';
import type { RedisParts } from '../connection/redis-parts.js';

const addRenewals = new LuaScript(new URL('./add-renewals.lua', import.meta.url));

const secondsOfLife = 25 * 60 * 60;

/** Bytes: what is longer was not written by a replica. */
const longest = 2_048;

/** The history of all replicas: one command for each token that was renewed. Throws RedisUnavailable or RedisMisuse. */
export class RedisRenewalHistory extends RenewalHistory {
  constructor(
    private readonly parts: Pick<RedisParts, 'redis' | 'health' | 'keys'>,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async add(counted: readonly CountedRenewals[]): Promise<void> {
    const { redis, health, keys } = this.parts;
    const now = periodOf(this.clock.wallTime());
    const byToken = Map.groupBy(counted, ({ id }) => id);
    await health.attempt(() =>
      Promise.all(
        [...byToken].map(([id, some]) => {
          const additions = some.flatMap(({ period, renewed, failed }) => [period, renewed, failed]);
          return addRenewals.run(redis, [keys.history(id)], [periodsKept, now, secondsOfLife, ...additions]);
        }),
      ),
    );
  }

  override async of(ids: readonly string[]): Promise<RenewalCounts[][]> {
    const { redis, health, keys } = this.parts;
    const texts = await health.attempt(() =>
      Promise.all(ids.map((id) => redis.getrange(keys.history(id), 0, longest - 1))),
    );
    const now = periodOf(this.clock.wallTime());
    return texts.map((text) =>
      countsIn(text).filter(({ period }) => period > now - periodsKept && period <= now + 1),
    );
  }
}

/** Skips what no replica has written. */
function countsIn(text: string): RenewalCounts[] {
  return [...text.matchAll(/(?<=^| )(\d{1,9}):(\d{1,4}):(\d{1,4})(?= |$)/g)].map((match) => {
    const [, period, renewed, failed] = match.map(Number) as [number, number, number, number];
    return { period, renewed, failed };
  });
}
