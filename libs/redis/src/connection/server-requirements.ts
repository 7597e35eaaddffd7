import type { RedisClient } from './redis-connections.js';

/** `ZRANGE BYSCORE`, `ZMSCORE` and `ZADD GT` came with it. Valkey began at 7.2. */
export const minRedisVersion = '6.2';

/** What replicas send, in scripts or not. */
const commands = [
  'auth hello select info ping quit',
  'evalsha eval time type exists ttl pttl expire pexpire unlink del',
  'get getrange set strlen bitfield',
  'hset hget hdel hstrlen hscan',
  'zadd zcount zrem zrange zmscore zremrangebyscore',
  'publish subscribe unsubscribe',
].flatMap((line) => line.split(' '));

/**
 * What an ACL user needs, as in `ACL SETUSER`. From Redis 7 on a new user has no channels, and without these no replica
 * learns of another's tokens.
 */
export function aclRules(keyPrefix: string): string {
  return [`~${keyPrefix}:*`, `&${keyPrefix}:*`, ...commands.map((command) => `+${command}`)].join(' ');
}

/** The very line that gives the user what it needs. */
export function aclAdvice(keyPrefix: string): string {
  return `ACL SETUSER NAME ${aclRules(keyPrefix)}`;
}

/** @throws Error when the server is too old */
export async function refuseOutdated(redis: RedisClient): Promise<void> {
  const version = await outdatedVersion(redis);
  if (version !== undefined) throw new Error(outdatedMessage(version));
}

function outdatedMessage(version: string): string {
  return `store.redis: the server is Redis ${version}; ${minRedisVersion} or newer is needed, or Valkey`;
}

/** Calls `onOutdated` for a server that is too old whenever a connection to one is made, from now on. */
export function watchVersion(redis: RedisClient, onOutdated: (message: string) => void): void {
  redis.on('ready', async () => {
    const version = await outdatedVersion(redis);
    if (version !== undefined) onOutdated(outdatedMessage(version));
  });
}

/** The version of a server that is too old, or undefined. One that does not say its version is taken for new enough. */
export async function outdatedVersion(redis: RedisClient): Promise<string | undefined> {
  const info = await redis.info('server').catch(() => '');
  const version = /^redis_version:(\d+)\.(\d+)\S*/m.exec(String(info));
  if (version === null) return undefined;
  const [needed, found] = [minRedisVersion.split('.').map(Number), [Number(version[1]), Number(version[2])]];
  const isOld = found[0]! < needed[0]! || (found[0] === needed[0] && found[1]! < needed[1]!);
  return isOld ? version[0].slice('redis_version:'.length) : undefined;
}
