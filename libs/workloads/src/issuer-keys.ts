import {
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type RemoteJWKSet,
} from 'jose';
import type { Clock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';

/** All in milliseconds. */
const freshFor = 600_000;
const usableFor = 24 * 3_600_000;
/** After a fetch an unknown `kid` is junk, for so long: else anybody could have the issuer asked without end. */
const cooldown = 30_000;
/** After a failed fetch the issuer is left alone for so long. */
const rest = 5_000;

/** The public keys of one issuer: kept fresh in the background, and used for a day while the issuer does not answer. */
export class IssuerKeys {
  #keys: RemoteJWKSet | undefined;
  #fetchedAt = -Infinity;
  #remote: RemoteJWKSet | undefined;
  #refreshing: Promise<RemoteJWKSet> | undefined;
  #failure: { cause: unknown; at: number } | undefined;

  /**
   * @param connect gives the key set, not fetched yet; called again after a failure, as its address may have changed
   * @param onRefreshFailure told of every fetch that fails
   */
  constructor(
    private readonly connect: () => Promise<RemoteJWKSet>,
    private readonly clock: Clock,
    private readonly onRefreshFailure: (cause: unknown) => void,
  ) {}

  /**
   * The key that this header names: what `jwtVerify` asks for.
   * @throws Failure `temporarily_unavailable` when the issuer would have to be asked and does not answer
   * @throws errors.JOSEError when there is no such key
   */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const keys = await this.#usable();
    // Looked at before the key is: a refresh that ends in between must not make a new key's first JWT junk.
    const coolingDown = this.#age < cooldown;
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || coolingDown) throw error;
      const rotated = await this.#refresh();
      return rotated(header, token);
    }
  }

  get #age(): number {
    return this.clock.now() - this.#fetchedAt;
  }

  async #usable(): Promise<RemoteJWKSet> {
    if (this.#keys === undefined || this.#age >= usableFor) return this.#refresh();
    if (this.#age >= freshFor) this.#refreshInBackground();
    return this.#keys;
  }

  #refreshInBackground(): void {
    if (this.#refreshing !== undefined || this.#resting > 0) return;
    this.#refresh().catch(() => {});
  }

  async #refresh(): Promise<RemoteJWKSet> {
    if (this.#resting > 0) throw this.#unavailable();
    this.#refreshing ??= this.#fetch().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #fetch(): Promise<RemoteJWKSet> {
    const sentAt = this.clock.now();
    try {
      this.#remote ??= await this.connect();
      await this.#remote.reload();
    } catch (cause) {
      this.#remote = undefined;
      this.#failure = { cause, at: this.clock.now() };
      this.onRefreshFailure(cause);
      throw this.#unavailable();
    }
    this.#keys = this.#remote;
    this.#fetchedAt = sentAt;
    this.#failure = undefined;
    return this.#keys;
  }

  get #resting(): number {
    return this.#failure === undefined ? 0 : this.#failure.at + rest - this.clock.now();
  }

  #unavailable(): Failure {
    return new Failure(
      'temporarily_unavailable',
      'the issuer of this workload identity does not give its keys; ask again later',
      { cause: this.#failure?.cause, retryAfter: this.#resting },
    );
  }
}
