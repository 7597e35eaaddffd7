import type { RedisClient } from './redis-connections.js';

type Values = ReadonlyMap<string, Buffer | null | undefined>;

interface JointRead {
  names: Set<string>;
  values: Promise<Values>;
}

/** What several ask for in one go, as the renewals of a tick do once Redis has answered them all, is one command for each slot. */
export class JointReads {
  readonly #gathering = new Map<string, JointRead>();

  constructor(private readonly redis: Pick<RedisClient, 'mgetBuffer'>) {}

  /** The values of keys that share this hash tag, in the order asked for. @throws what ioredis throws */
  async read(hashTag: string, names: readonly string[]): Promise<(Buffer | undefined)[]> {
    const joint = this.#gathering.get(hashTag) ?? this.#gather(hashTag);
    for (const name of names) joint.names.add(name);
    const values = await joint.values;
    return names.map((name) => values.get(name) ?? undefined);
  }

  #gather(hashTag: string): JointRead {
    const names = new Set<string>();
    const joint = { names, values: this.#readAll(hashTag, names) };
    this.#gathering.set(hashTag, joint);
    return joint;
  }

  async #readAll(hashTag: string, names: ReadonlySet<string>): Promise<Values> {
    await othersHaveAsked();
    this.#gathering.delete(hashTag);
    const all = [...names];
    const values = await this.redis.mgetBuffer(all);
    return new Map(all.map((name, n) => [name, values[n]]));
  }
}

/** After all that goes on without waiting: what Redis has just answered, one renewal after the other takes in. */
function othersHaveAsked(): Promise<void> {
  return new Promise((resolve) => void process.nextTick(resolve));
}
