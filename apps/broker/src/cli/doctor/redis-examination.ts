import { KeyRing } from '#redis/tokens/key-ring.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { RedisConnections } from '#redis/connection/redis-connections.js';
import { reasonOf } from '#redis/connection/redis-failure.js';
import { CircuitBreaker } from '#redis/connection/circuit-breaker.js';
import { RedisKeys } from '#redis/connection/redis-keys.js';
import { SealedRequests } from '#redis/schedule/request-record.js';
import { parseRedisUrl } from '#redis/connection/redis-options.js';
import type { Clock } from '#tokens/model/clock.js';
import type { RedisSettings } from '../../settings/settings.js';
import { redisProblems, type RedisObservation } from './redis-diagnosis.js';
import type { RedisReport } from './redis-report.js';

/** Milliseconds for which the connections are waited for. */
const patience = 3_000;

/** Time does not mend these, and asking again may lock a user out. */
const final = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM', 'ERR']);

/** Connects and reads, and writes nothing. */
export async function examineRedis(settings: RedisSettings, clock: Clock): Promise<RedisReport> {
  const faults = new Map<string, string>();
  const { promise: hopeless, resolve } = Promise.withResolvers<false>();
  const connections = RedisConnections.open(settings, (role, reason) => {
    faults.set(role, reason);
    if (final.has(reason)) resolve(false);
  });
  try {
    const isReady = await Promise.race([connections.ready(patience), hopeless]);
    // What was mended by trying again is no fault.
    if (isReady) faults.clear();
    const observed = await observe(connections, settings, clock, faults);
    const { skew, sealed } = observed;
    return {
      location: locationOf(settings),
      ...(skew !== undefined && { clockSkew: Math.round(skew / 1000) }),
      ...(sealed && { sealed }),
      problems: redisProblems(observed),
    };
  } finally {
    await connections.close();
  }
}

async function observe(
  { commands: redis }: RedisConnections,
  settings: RedisSettings,
  clock: Clock,
  faults: Map<string, string>,
): Promise<RedisObservation> {
  if (redis.status !== 'ready') return { answered: false, faults };
  const health = new CircuitBreaker(clock);
  const redisClock = new RedisClock(clock);
  const keys = new RedisKeys(settings.keyPrefix);
  const ring = new KeyRing(settings.encryptionKeys);
  try {
    await health.attempt(() => redisClock.ask(redis, keys.scheduleDue));
    const skew = redisClock.now() - clock.wallTime();
    const [, entries] = await health.attempt(() =>
      redis.hscanBuffer(keys.scheduleRequests, '0', 'COUNT', 50),
    );
    const requests = new SealedRequests({ redis, health, keys, ring, clock, redisClock });
    return { answered: true, faults, skew, sealed: opened(entries, requests) };
  } catch (error) {
    faults.set('commands', reasonOf(error));
    return { answered: false, faults };
  }
}

function opened(entries: readonly Buffer[], requests: SealedRequests): RedisReport['sealed'] {
  const names = entries.filter((_, index) => index % 2 === 0);
  const open = names.filter(
    (name, n) => requests.open(String(name), entries[2 * n + 1] as Buffer) !== undefined,
  );
  return { seen: names.length, opened: open.length };
}

function locationOf({ url, sentinel, cluster }: RedisSettings): string {
  if (sentinel !== undefined) return `${sentinel.name} behind Sentinels ${list(sentinel.nodes)}`;
  if (cluster !== undefined) return `cluster ${list(cluster)}`;
  const { host, port, database, tls } = parseRedisUrl(url ?? '');
  return `${tls ? 'rediss' : 'redis'}://${host}:${port}/${database}`;
}

function list(nodes: readonly { host: string; port: number }[]): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
}
