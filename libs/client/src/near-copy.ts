import type { AccessToken } from './access-token.js';
import type { BrokerConnection } from './broker-connection.js';
import { Errand } from './errand.js';
import type { Grant } from './grant.js';
import type { Surroundings } from './surroundings.js';
import type { CheckedAsk } from './token-ask.js';
import type { TokenBrokerError } from './token-broker-error.js';

export interface NearCopyOptions {
  ask: CheckedAsk;
  broker: BrokerConnection;
  /** Milliseconds in all that a caller waits. */
  timeout: number;
  surroundings: Surroundings;
}

/** The token for one ask, and what is under way to have it: one request, however many wait. */
export class NearCopy {
  readonly #options: NearCopyOptions;
  readonly #asking: Errand<AccessToken>;
  readonly #reporting: Errand<AccessToken>;
  /** Settled already: a hit makes no promise of its own. */
  #held: Promise<AccessToken> | undefined;
  #token: AccessToken | undefined;
  #usableUntil = -Infinity;
  #refreshAt = -Infinity;
  #waiting: Promise<AccessToken> | undefined;
  /** The token value that an API answered 401 to. */
  #rejected: string | undefined;

  constructor(options: NearCopyOptions) {
    this.#options = options;
    this.#asking = new Errand(options.surroundings);
    this.#reporting = new Errand(options.surroundings);
  }

  /** The token while it is valid, at once: it is asked for anew behind the caller's back when that is due. */
  get ready(): Promise<AccessToken> | undefined {
    const now = this.#options.surroundings.now();
    if (now < this.#refreshAt) return this.#held;
    if (now >= this.#usableUntil) return undefined;
    this.#asking.nudge(() => this.#ask(this.#options.timeout));
    return this.#held;
  }

  /** A new token, tried for until the time is up while failures are passing. @throws TokenBrokerError */
  wait(): Promise<AccessToken> {
    return (this.#waiting ??= this.#persist().finally(() => (this.#waiting = undefined)));
  }

  /** Another token than the one that was rejected. @throws TokenBrokerError */
  async replace(value: string, sha256: string): Promise<AccessToken> {
    const held = this.ready;
    if (held !== undefined && this.#token?.accessToken !== value) return held;
    const { setback } = this.#reporting;
    if (this.#rejected !== value) setback.clear();
    this.#rejected = value;
    if (setback.current !== undefined) throw setback.current;
    return this.#reporting.run(() => this.#report(sha256));
  }

  /** Forgets the token if it is this one. */
  drop(value: string): void {
    if (this.#token?.accessToken !== value) return;
    this.#rejected = value;
    this.#usableUntil = this.#refreshAt = -Infinity;
  }

  async #persist(): Promise<AccessToken> {
    const { surroundings, timeout } = this.#options;
    const deadline = surroundings.now() + timeout;
    for (;;) {
      const failure = this.#asking.setback.current;
      if (failure !== undefined) await this.#sitOut(failure, deadline);
      try {
        return await (this.ready ?? this.#asking.run(() => this.#ask(deadline - surroundings.now())));
      } catch {
        // Noted as the setback: the next round judges it.
      }
    }
  }

  /** @throws TokenBrokerError the failure, when waiting is of no use */
  async #sitOut(failure: TokenBrokerError, deadline: number): Promise<void> {
    const { now, pause } = this.#options.surroundings;
    const left = this.#asking.setback.remaining;
    if (!failure.isPassing || now() + left >= deadline) throw failure;
    await pause(left);
  }

  async #ask(timeout: number): Promise<AccessToken> {
    const { broker, ask } = this.#options;
    return this.#keep(await broker.token(ask, timeout));
  }

  async #report(sha256: string): Promise<AccessToken> {
    const { broker, ask, timeout } = this.#options;
    return this.#keep(await broker.rejected(ask, sha256, timeout));
  }

  #keep({ token, usableUntil, refreshAt }: Grant): Promise<AccessToken> {
    const { now } = this.#options.surroundings;
    // An answer that was under way during the rejection must not bring the rejected token back.
    const isStale = token.accessToken === this.#rejected && this.#token?.accessToken !== this.#rejected;
    if (isStale && this.#held !== undefined && now() < this.#usableUntil) return this.#held;
    this.#token = token;
    this.#usableUntil = usableUntil;
    this.#refreshAt = refreshAt;
    return (this.#held = Promise.resolve(token));
  }
}
