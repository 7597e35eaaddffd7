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
  const { message } = error instanceof Error ? error : { message: '' };
  const misuse = error instanceof ReplyError && faulty.test(message) && !passing.test(message);
  return misuse ? new RedisMisuse(faultOf(message)) : new RedisUnavailable(reasonOf(error));
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
  if (reply.startsWith('ERR max number of clients')) return 'MAXCLIENTS';
  // Up to Redis 6 the error of a command in a script stands behind ERR.
  const [code = 'unknown'] = passing.exec(reply) ?? /^[A-Z]{2,20}\b/.exec(reply) ?? [];
  return /[A-Z]{2,20}$/.exec(code)?.[0] ?? 'ERR';
}

/** Codes with which a server refuses a connection as soon as it is made, whatever is sent: protected mode, too many clients. */
export const refusedConnection: ReadonlySet<string> = new Set(['DENIED', 'MAXCLIENTS']);

/** Codes with which a server that works refuses writes, or a command that the ACL user may not run. */
const refusals: ReadonlySet<string> = new Set(['MISCONF', 'OOM', 'READONLY', 'NOREPLICAS', 'NOPERM']);

/** Codes of replies that time does not mend. All others (LOADING, READONLY, CLUSTERDOWN, OOM, NOAUTH ...) may pass. */
const faulty = /^(?:ERR|WRONGTYPE|CROSSSLOT|NOSCRIPT|EXECABORT|INVALIDOBJ)\b/;

/** `ERR max number of clients reached`; and what stands behind ERR up to Redis 6. */
const passing =
  /max number of clients|-(?:OOM|READONLY|MISCONF|NOREPLICAS|LOADING|CLUSTERDOWN|MASTERDOWN|NOPERM)\b/;

const known: [RegExp, string][] = [
  [/timed? ?out/i, 'timeout'],
  [/certificate|self-signed/i, 'certificate'],
];

/** The first line only, cut short, and without what a script or command was given. */
function faultOf(message: string): string {
  return message.split(/[\n,'"`]/, 1)[0]!.slice(0, 120);
}
