import type { Client } from '../model/client.js';
import type { Clock } from '../model/clock.js';
import type { Demand } from '../model/demand.js';
import { LastMinute } from '../model/last-minute.js';
import { TokenRequestBudget } from '../ports/token-request-budget.js';
import type { TokenRequest } from '../model/token-request.js';

interface Spent {
  all: LastMinute;
  /** By name; what has no consumer is a renewal. */
  byConsumer: Map<string, LastMinute>;
}

/** The budget of a process that is alone: the token requests of each client's last minute. */
export class MemoryTokenRequestBudget extends TokenRequestBudget {
  readonly #spent = new Map<string, Spent>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override async take(request: TokenRequest, { trigger, consumer }: Demand): Promise<number | undefined> {
    const now = this.clock.now();
    const { name, options } = request.client;
    const { all, byConsumer } = entry(this.#spent, name, () => ({
      all: new LastMinute(),
      byConsumer: new Map(),
    }));
    const own = consumer === undefined ? undefined : entry(byConsumer, consumer, () => new LastMinute());

    const limit = options.maxTokenRequestsPerMinute;
    const setAside = trigger === 'demand' ? Math.floor(limit / 4) : 0;
    const half = Math.max(1, Math.floor(limit / 2));
    const wait = Math.max(all.waitFor(limit - setAside, now), own?.waitFor(half, now) ?? 0);
    if (wait > 0) return wait;
    all.add(now);
    own?.add(now);
    return undefined;
  }

  override used({ name }: Client): number {
    return this.#spent.get(name)?.all.count(this.clock.now()) ?? 0;
  }
}

function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
