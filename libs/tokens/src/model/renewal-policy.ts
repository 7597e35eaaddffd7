import type { Random } from './clock.js';

export interface RenewalPolicyOptions {
  /** Share of the lifetime after which a token is renewed: 0.8. */
  at: number;
  /** Share of the lifetime by which that moment is moved at random, to both sides: 0.05. */
  jitter: number;
  /** Milliseconds that a token served should still live, and before whose last it is renewed. */
  minRemaining: number;
  /** Milliseconds without demand after which a token is left to lapse. */
  idleAfter: number;
}

/** Milliseconds by which a renewal starts before a consumer would wait for it: it takes a moment, and the schedule ticks each second. */
const longestLead = 5_000;

/** When a token is renewed, and how much life it must have to be served. All margins are at most half of its life. */
export class RenewalPolicy {
  readonly idleAfter: number;
  readonly #at: number;
  readonly #jitter: number;
  readonly #minRemaining: number;

  constructor(options: RenewalPolicyOptions) {
    this.idleAfter = options.idleAfter;
    this.#at = options.at;
    this.#jitter = options.jitter;
    this.#minRemaining = options.minRemaining;
  }

  /** Milliseconds that a token of this lifetime must still live when the consumer does not say. */
  margin(lifetime: number): number {
    return Math.min(this.#minRemaining, lifetime / 2 - lead(lifetime));
  }

  /** Milliseconds from the start of the lifetime after which a consumer may have to wait for the renewal. */
  latest(lifetime: number): number {
    return lifetime - this.margin(lifetime) - lead(lifetime);
  }

  /**
   * Milliseconds from the start of the lifetime to the renewal, always inside it. The jitter stays whole where the
   * margin cuts in, so that tokens of a short life do not come due together either. Never before a tenth of the
   * lifetime, whatever the answer's `refresh_in` says: that would be a tight loop.
   */
  renewAfter(lifetime: number, chance: Random, refreshIn = Infinity): number {
    const jitter = this.#jitter * lifetime;
    const due = Math.min(this.#at * lifetime, this.latest(lifetime) - jitter) + (2 * chance() - 1) * jitter;
    return Math.max(lifetime / 10, Math.min(due, refreshIn));
  }
}

function lead(lifetime: number): number {
  return Math.min(longestLead, lifetime / 8);
}
