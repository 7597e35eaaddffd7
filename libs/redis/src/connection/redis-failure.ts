import { ReplyError } from 'ioredis';

/** Redis cannot be used now. `reason` is one word: errors of ioredis hold a command's arguments, so none is kept as cause. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';

  constructor(readonly reason: string) {
    super(`Redis cannot be used: ${reason}`);
  }

  /** Redis has answered: it refuses this command for now, and serves others. */
  get isRefusal(): boolean {
    return refusals.has(this.reason);
  }
}

/** Our own mistake towards Redis, such as a faulty script. */
export class RedisMisuse extends Error {
  override readonly name = 'RedisMisuse';

  constructor(readonly reason: string) {
    super(`Redis refused a command as faulty: ${reason}`);
  }
}

/** What an error of ioredis means, without any argument of a command (a password of AUTH, a sealed token). */
export function redisFailure(error: unknown): RedisUnavailable | RedisMisuse {
  if (error instanceof RedisUnavailable || error instanceof RedisMisuse) return error;
  const reason = reasonOf(error);
  const isMisuse = error instanceof ReplyError && faulty.has(reason);
  return isMisuse ? new RedisMisuse(faultOf((error as Error).message)) : new RedisUnavailable(reason);
}

/** A short word for a log line or a label: `ECONNREFUSED`, `READONLY`, `timeout`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof RedisUnavailable || error instanceof RedisMisuse) return error.reason;
  if (error instanceof ReplyError) return codeOf(error.message);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return known.find(([pattern]) => pattern.test(error.message))?.[1] ?? 'disconnected';
}

/** The code of an error reply, without its `-`. */
export function codeOf(reply: string): string {
  const named = withoutCode.find(([pattern]) => pattern.test(reply));
  if (named !== undefined) return named[1];
  // Up to Redis 6 the error of a command in a script stands behind ERR.
  const [code = 'unknown'] = passing.exec(reply) ?? /^[A-Z]{2,20}\b/.exec(reply) ?? [];
  return /[A-Z]{2,20}$/.exec(code)?.[0] ?? 'ERR';
}

/** Codes with which a server that works refuses writes, or a command that the ACL user may not run. */
const refusals: ReadonlySet<string> = new Set([
  'MISCONF',
  'OOM',
  'READONLY',
  'NOREPLICAS',
  'NOPERM',
  'UNKNOWN_COMMAND',
]);

/** Codes of replies that time does not mend. All others (LOADING, READONLY, CLUSTERDOWN, OOM, NOAUTH ...) may pass. */
const faulty: ReadonlySet<string> = new Set(['ERR', 'WRONGTYPE', 'NOSCRIPT', 'EXECABORT', 'INVALIDOBJ']);

const passing = /-(?:OOM|READONLY|MISCONF|NOREPLICAS|LOADING|CLUSTERDOWN|MASTERDOWN|NOPERM)\b/;

/** What is said by ERR and words, of Redis and of managed offerings (Upstash limits requests by plan). */
const withoutCode: readonly [RegExp, string][] = [
  [/^ERR max number of clients/, 'MAXCLIENTS'],
  [/^ERR .*\bunknown (?:redis )?command/i, 'UNKNOWN_COMMAND'],
  [/^ERR .*\b(?:limit|quota) exceeded/i, 'QUOTA'],
  [/^ERR (?:DB index is out of range|invalid DB index|SELECT is not allowed)/, 'DATABASE'],
];

const known: [RegExp, string][] = [
  [/timed? ?out/i, 'timeout'],
  [/certificate|self-signed/i, 'certificate'],
];

/** The first line only, cut short, and without what a script or command was given. */
function faultOf(message: string): string {
  return message.split(/[\n,'"`]/, 1)[0]!.slice(0, 120);
}
