import type { Trigger } from '#tokens/model/demand.js';
import type { TokenRequest } from '#tokens/model/token-request.js';

/** Instants in milliseconds of the monotonic clock. */
export interface Plan {
  request: TokenRequest;
  at: number;
  trigger: Trigger;
}

/** A plan for the case that there is none yet. */
export interface Wish extends Plan {
  /** When a consumer last asked for the token; undefined: none did. */
  askedAt: number | undefined;
}

/** While Redis is away a batch grows. Beyond this nothing new is noted: demand brings it up again later. */
const largest = 10_000;

/** What Redis is still to be told of the schedule, by request key. */
export class ScheduleBatch {
  readonly plans = new Map<string, Plan>();
  readonly wishes = new Map<string, Wish>();

  get isEmpty(): boolean {
    return this.plans.size === 0 && this.wishes.size === 0;
  }

  /** All requests that it is about, each once. */
  get requests(): Map<string, TokenRequest> {
    const all = [...this.wishes.values(), ...this.plans.values()];
    return new Map(all.map(({ request }) => [request.key, request]));
  }

  plan(plan: Plan): void {
    setWithin(this.plans, plan.request.key, plan);
  }

  wish(wish: Wish): void {
    const known = this.wishes.get(wish.request.key);
    if (known === undefined) setWithin(this.wishes, wish.request.key, wish);
    else known.askedAt = wish.askedAt ?? known.askedAt;
  }

  /** Takes up what could not be told. What was noted since is newer. */
  putBack(untold: ScheduleBatch): void {
    for (const [key, plan] of untold.plans) if (!this.plans.has(key)) setWithin(this.plans, key, plan);
    for (const [key, wish] of untold.wishes) if (!this.wishes.has(key)) setWithin(this.wishes, key, wish);
  }

  forget(key: string): void {
    this.plans.delete(key);
    this.wishes.delete(key);
  }
}

function setWithin<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size < largest || map.has(key)) map.set(key, value);
}
