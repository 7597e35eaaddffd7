import {
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type LocalJWKSet,
} from 'jose';
import { Refreshed } from '#http/refreshed.js';
import type { Clock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';

/** Milliseconds for which fetched keys are trusted: their issuer may have withdrawn one since. */
const freshFor = 600_000;

const policy = { freshFor, usableFor: 24 * 3_600_000, backoff: 5_000, backoffWithoutValue: 5_000 };

/** Milliseconds after a fetch in which an unknown `kid` causes no other: anyone can send one. */
const cooldown = 30_000;

/** Milliseconds for which older keys are trusted, while their issuer does not answer, before it is asked again. */
const trustedWhileStale = 30_000;

/** The public keys of one issuer: never older than 10 minutes while it answers, and used for a day while it does not. */
export class IssuerKeys {
  readonly #keys: Refreshed<LocalJWKSet>;
  #lastFetchFailed = false;

  /** @param onRefreshFailure called for every fetch that fails */
  constructor(
    fetch: () => Promise<LocalJWKSet>,
    clock: Clock,
    private readonly onRefreshFailure: (cause: unknown) => void,
  ) {
    this.#keys = new Refreshed(() => this.#reported(fetch), clock, policy);
  }

  /** Milliseconds for which what has been verified by these keys may be believed. */
  get trustedFor(): number {
    return Math.max(freshFor - this.#keys.age, trustedWhileStale);
  }

  /**
   * The key that this header names: what `jwtVerify` asks for.
   * @throws Failure `temporarily_unavailable` when the issuer would have to be asked and does not answer
   * @throws errors.JOSEError when there is no such key
   */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const keys = await this.#available(() => this.#current());
    // Read before the key is looked up: a refresh that ends in between must not make a new key's first JWT junk.
    const coolingDown = this.#keys.age < cooldown;
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || coolingDown) throw error;
      const rotated = await this.#available(() => this.#keys.refresh());
      return rotated(header, token);
    }
  }

  /**
   * Waits for new keys when those known may hold one that has been withdrawn; but not again for an issuer that has just
   * failed: each call would wait for its timeout.
   */
  async #current(): Promise<LocalJWKSet> {
    if (this.#keys.age >= freshFor && !this.#lastFetchFailed) await this.#keys.refresh().catch(() => {});
    return this.#keys.get();
  }

  async #reported(fetch: () => Promise<LocalJWKSet>): Promise<LocalJWKSet> {
    try {
      const keys = await fetch();
      this.#lastFetchFailed = false;
      return keys;
    } catch (cause) {
      this.#lastFetchFailed = true;
      this.onRefreshFailure(cause);
      throw cause;
    }
  }

  async #available(keys: () => Promise<LocalJWKSet>): Promise<LocalJWKSet> {
    try {
      return await keys();
    } catch (cause) {
      throw new Failure(
        'temporarily_unavailable',
        'the keys of the issuer of this workload JWT cannot be fetched; retry later',
        { cause, retryAfter: this.#keys.backoffRemaining },
      );
    }
  }
}
