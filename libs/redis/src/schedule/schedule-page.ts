import type { RedisParts } from '../connection/redis-parts.js';

export interface SchedulePage {
  /** Request keys, each with the score that stands for when it is due. */
  found: (readonly [key: string, score: string])[];
  next: string | undefined;
}

/** An instant, and how many of those that are due at it have been told, since many may be. */
const position = /^(\d{1,16}(?:\.5)?) (\d{1,9})$/;

/** Reads so many of what is planned, the earliest first, from where an earlier page ended: one command. */
export async function schedulePage(
  { redis, keys }: Pick<RedisParts, 'redis' | 'keys'>,
  limit: number,
  after = '',
): Promise<SchedulePage> {
  const [, from = '-inf', told = '0'] = position.exec(after) ?? [];
  const due = await redis.zrange(
    keys.scheduleDue,
    from,
    '+inf',
    'BYSCORE',
    'LIMIT',
    told,
    limit,
    'WITHSCORES',
  );
  const found = Array.from({ length: due.length / 2 }, (_, n) => [due[2 * n]!, due[2 * n + 1]!] as const);
  const last = found.at(-1)?.[1];
  if (last === undefined || found.length < limit) return { found, next: undefined };
  const equal = found.filter(([, score]) => score === last).length + (last === from ? Number(told) : 0);
  return { found, next: `${last} ${equal}` };
}
