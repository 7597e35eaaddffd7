import type { TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { ConnectedClient } from '../../core/connected-client.js';
import type { Sighting } from './sighting.js';
import { Witness } from './witness.js';

export interface Attempt {
  outcome: TokenResponse | UpstreamFailure;
  sighting: Sighting;
  milliseconds: number;
  /** By the second of two secrets, since the first was refused. */
  isSecond: boolean;
}

/** Asks for tokens by the broker's own OAuth code, and looks on. */
export class TokenAttempts {
  readonly #witness: Witness;
  /** The number of the credential in use. */
  #credential = 0;

  constructor(
    private readonly client: ConnectedClient,
    private readonly clock: Clock,
  ) {
    this.#witness = new Witness(clock);
  }

  /** During a rotation the second secret is tried when the first is refused, once, as the broker does. */
  async attempt(request: TokenRequest): Promise<Attempt> {
    const first = await this.#attempt(request);
    const { outcome } = first;
    const isRefused = outcome instanceof UpstreamFailure && outcome.upstreamError === 'invalid_client';
    if (!isRefused || this.#credential + 1 >= request.client.options.credentials.length) return first;
    this.#credential += 1;
    return this.#attempt(request);
  }

  async #attempt(request: TokenRequest): Promise<Attempt> {
    const { client } = this;
    const { server } = client;
    const version = client.options.credentials[this.#credential] as string;
    const startedAt = this.clock.now();
    const { result, sighting } = await this.#witness.watch(() => server.requestToken(request, version));
    const seen = { sighting, milliseconds: this.clock.now() - startedAt, isSecond: this.#credential > 0 };
    if (result.status === 'fulfilled') return { outcome: result.value, ...seen };
    if (result.reason instanceof UpstreamFailure) return { outcome: result.reason, ...seen };
    throw result.reason;
  }
}
