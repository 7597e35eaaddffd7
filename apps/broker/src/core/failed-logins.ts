import { LRUCache } from 'lru-cache';
import { RateLimit } from '#consumers/rate-limit.js';

/** Addresses that are remembered. */
const maxAddresses = 10_000;

/**
 * Failed authentications by address. Guessing API keys and forging JWTs costs the attacker nothing, and each attempt as
 * much as several requests: beyond the limit, credentials from that address that are not known yet are not verified.
 */
export class FailedLogins {
  readonly #limits = new LRUCache<string, RateLimit>({ max: maxAddresses });

  /** @param perSecond more than comes by mistake, and less than costs others anything */
  constructor(private readonly perSecond = 50) {}

  /**
   * @param now milliseconds of the monotonic clock
   * @throws Failure `slow_down`
   */
  check(address: string, now: number): void {
    this.#limits.get(address)?.check(now);
  }

  /** @param now milliseconds of the monotonic clock */
  count(address: string, now: number): void {
    let limit = this.#limits.get(address);
    if (limit === undefined) this.#limits.set(address, (limit = this.#limit()));
    limit.charge(now);
  }

  #limit(): RateLimit {
    return new RateLimit(
      this.perSecond,
      'too many credentials from this address were refused; check the credential and retry later',
    );
  }
}
