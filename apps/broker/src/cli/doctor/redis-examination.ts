import { adviceFor } from '#redis/connection/advice.js';
import { KeyRing } from '#redis/tokens/key-ring.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { type RedisClient, RedisConnections } from '#redis/connection/redis-connections.js';
import { reasonOf } from '#redis/connection/redis-failure.js';
import { CircuitBreaker } from '#redis/connection/circuit-breaker.js';
import { RedisKeys } from '#redis/connection/redis-keys.js';
import { SealedRequests } from '#redis/schedule/request-record.js';
import { parseRedisUrl } from '#redis/connection/redis-options.js';
import { minRedisVersion, outdatedVersion } from '#redis/connection/server-requirements.js';
import type { Clock } from '#tokens/model/clock.js';
import type { RedisSettings } from '../../settings/settings.js';
import type { RedisReport, Problem } from './report.js';

/** Milliseconds for which the connections are waited for. */
const patience = 3_000;

/** Time does not mend these, and asking again may lock a user out. */
const final = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM', 'ERR', 'DATABASE']);

/** Connects and reads, and changes nothing. */
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
  { commands: redis, subscriber }: RedisConnections,
  settings: RedisSettings,
  clock: Clock,
  faults: Map<string, string>,
): Promise<RedisState> {
  const state = { faults, keyPrefix: settings.keyPrefix };
  if (redis.status !== 'ready') return { ...state, answered: false };
  const health = new CircuitBreaker(clock);
  const redisClock = new RedisClock(clock);
  const keys = new RedisKeys(settings.keyPrefix);
  const ring = new KeyRing(settings.encryptionKeys);
  try {
    await health.attempt(() => redisClock.ask(redis, keys.scheduleDue));
    const skew = redisClock.now() - clock.wallTime();
    const requests = new SealedRequests({ redis, keys, ring, onRepair: () => {} });
    const sealed = await health.attempt(() => requests.sample(50));
    await subscriber.subscribe(keys.events).catch((error) => faults.set('subscriber', reasonOf(error)));
    const refusal = await refusalOfWrites(redis, `${settings.keyPrefix}:doctor`);
    if (refusal !== undefined) faults.set('writes', refusal);
    const outdated = await outdatedVersion(redis);
    return { ...state, answered: true, skew, sealed, outdated };
  } catch (error) {
    faults.set('commands', reasonOf(error));
    return { ...state, answered: false };
  }
}

/** Why it would refuse a write. Each of these changes nothing, as there is no such key, and is refused as others are. */
async function refusalOfWrites(redis: RedisClient, key: string): Promise<string | undefined> {
  try {
    await redis.set(key, '', 'XX');
    await redis.zadd(key, 'XX', 0, 'none');
    await redis.zrem(key, 'none');
    await redis.hdel(key, 'none');
    await redis.pexpire(key, 1);
    await redis.unlink(key);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
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

/** What was found out about Redis. */
export interface RedisState {
  /** Whether commands were answered. */
  answered: boolean;
  /** The last fault of each kind of connection, one word each. */
  faults: ReadonlyMap<string, string>;
  /** Milliseconds by which its clock is ahead. */
  skew?: number | undefined;
  sealed?: RedisReport['sealed'] | undefined;
  /** The version of a server that is too old. */
  outdated?: string | undefined;
  keyPrefix?: string;
}

/** What is wrong with Redis, and what to do. */
export function redisProblems(observed: RedisState): Problem[] {
  const cause = observed.faults.get('commands');
  // The same for all connections is said once.
  const faults = [...observed.faults].filter(([role, reason]) => role === 'commands' || reason !== cause);
  const problems: Problem[] = faults.map(([role, reason]) => ({
    severity: isGrave(role) || !observed.answered ? 'fault' : 'warning',
    detail: `${connections[role] ?? role}: ${wordsFor(reason, observed.keyPrefix)} (${reason}).`,
  }));
  if (!observed.answered && problems.length === 0) {
    problems.push({ severity: 'fault', detail: `connection: ${wordsFor('timeout')}.` });
  }
  if (observed.outdated !== undefined) {
    const detail = `the server is Redis ${observed.outdated}; ${minRedisVersion} or newer is needed, or Valkey.`;
    problems.push({ severity: 'fault', detail });
  }
  return [...problems, ...keyProblems(observed.sealed), ...clockProblems(observed.skew)];
}

const isGrave = (role: string) => role === 'commands' || role === 'writes';

const connections: Readonly<Record<string, string>> = {
  commands: 'connection',
  writes: 'writes',
  subscriber: 'connection for messages',
  lock: 'connection for locks',
};

const wordsFor = (reason: string, keyPrefix?: string): string =>
  adviceFor(reason, keyPrefix) ?? 'the connection is lost';

function keyProblems(sealed: RedisState['sealed']): Problem[] {
  if (sealed === undefined || sealed.opened === sealed.seen) return [];
  const detail =
    `encryptionKeys opens ${sealed.opened} of ${sealed.seen} entries that brokers keep under this keyPrefix: ` +
    'use the keys of those brokers, or another keyPrefix.';
  return [{ severity: sealed.opened === 0 ? 'fault' : 'warning', detail }];
}

function clockProblems(skew = 0): Problem[] {
  if (Math.abs(skew) < 5_000) return [];
  const side = skew > 0 ? 'ahead of' : 'behind';
  const detail = `its clock is ${Math.round(Math.abs(skew) / 1000)} s ${side} this machine's: the broker uses the clock of Redis and is not affected.`;
  return [{ severity: 'warning', detail }];
}
