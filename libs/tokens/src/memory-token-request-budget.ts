import type { Client } from './client.js';
import type { Clock } from './clock.js';
import type { Demand } from './demand.js';
import { TokenRequestBudget } from './token-request-budget.js';
import type { TokenRequest } from './token-request.js';

interface Spent {
  at: number;
  consumer: string | undefined;
}

const minute = 60_000;

/** The budget of a process that is alone: the token requests of each client's last minute. */
export class MemoryTokenRequestBudget extends TokenRequestBudget {
  readonly #spent = new Map<string, Spent[]>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override async take(request: TokenRequest, { trigger, consumer }: Demand): Promise<number | undefined> {
    const now = this.clock.now();
    const { name, options } = request.client;
    const spent = this.#lastMinute(name, now);
    this.#spent.set(name, spent);

    const all = options.maxTokenRequestsPerMinute;
    const setAside = trigger === 'demand' ? Math.floor(all / 4) : 0;
    const own = spent.filter((one) => one.consumer === consumer);
    const waits = [
      waitFor(spent, all - setAside, now),
      consumer === undefined ? 0 : waitFor(own, Math.max(1, Math.floor(all / 2)), now),
    ];
    const wait = Math.max(...waits);
    if (wait > 0) return wait;
    spent.push({ at: now, consumer });
    return undefined;
  }

  override used({ name }: Client): number {
    return this.#lastMinute(name, this.clock.now()).length;
  }

  #lastMinute(client: string, now: number): Spent[] {
    return (this.#spent.get(client) ?? []).filter(({ at }) => at > now - minute);
  }
}

/** Milliseconds until fewer than `limit` are left of the last minute. */
function waitFor(spent: readonly Spent[], limit: number, now: number): number {
  const last = spent[spent.length - limit];
  return last === undefined ? 0 : last.at + minute - now;
}
