import type { TokenRequest } from '#tokens/model/token-request.js';

/** Instants in milliseconds of the monotonic clock. */
export interface Plan {
  request: TokenRequest;
  at: number;
}

/** A plan that counts only when there is none yet. */
export interface TentativePlan extends Plan {
  /** When a consumer last asked for the token; undefined: none has. */
  askedAt: number | undefined;
}

/** While Redis is down a batch grows. Beyond this nothing new is noted: later demand notes it again. */
const largest = 10_000;

/** What is still to be written to the schedule in Redis, by request key. */
export class ScheduleBatch {
  readonly plans = new Map<string, Plan>();
  readonly tentative = new Map<string, TentativePlan>();

  get isEmpty(): boolean {
    return this.plans.size === 0 && this.tentative.size === 0;
  }

  /** The requests of all its plans, each once. */
  get requests(): Map<string, TokenRequest> {
    const all = [...this.tentative.values(), ...this.plans.values()];
    return new Map(all.map(({ request }) => [request.key, request]));
  }

  plan(plan: Plan): void {
    setWithin(this.plans, plan.request.key, plan);
  }

  planIfAbsent(plan: TentativePlan): void {
    const known = this.tentative.get(plan.request.key);
    if (known === undefined) setWithin(this.tentative, plan.request.key, plan);
    else known.askedAt = plan.askedAt ?? known.askedAt;
  }

  /** Adds what could not be written. What was noted since then is newer. */
  putBack(unflushed: ScheduleBatch): void {
    for (const [key, plan] of unflushed.plans) if (!this.plans.has(key)) setWithin(this.plans, key, plan);
    for (const [key, plan] of unflushed.tentative) {
      if (!this.tentative.has(key)) setWithin(this.tentative, key, plan);
    }
  }

  forget(key: string): void {
    this.plans.delete(key);
    this.tentative.delete(key);
  }
}

function setWithin<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size < largest || map.has(key)) map.set(key, value);
}
