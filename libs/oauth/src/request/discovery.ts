import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { unlessAborted, withinDeadline } from '../deadline.js';
import type { ServerMetadata } from './judge-metadata.js';
import { requestMetadata } from './request-metadata.js';
import type { Transport } from '../transport.js';

const rememberedFor = 3_600_000;
const retriedAfter = 60_000;

/** What an issuer says of itself (RFC 8414, OpenID Connect Discovery), remembered for an hour. */
export class Discovery {
  #known: ServerMetadata | undefined;
  #freshUntil = -Infinity;
  #inFlight: Promise<ServerMetadata> | undefined;

  constructor(
    private readonly issuer: URL,
    private readonly client: Client,
    private readonly clock: Clock,
  ) {}

  /**
   * One request however many ask at once; it does not end with the caller who began it. When it fails later on, what
   * is known already goes on being used.
   * @throws UpstreamFailure `unavailable` or `client_refused`, or the reason of the signal when it aborts
   */
  async metadata(transport: Transport, signal: AbortSignal): Promise<ServerMetadata> {
    if (this.#known && this.clock.now() < this.#freshUntil) return this.#known;
    this.#inFlight ??= this.#refresh(transport).finally(() => {
      this.#inFlight = undefined;
    });
    return unlessAborted(this.#inFlight, signal);
  }

  async #refresh(transport: Transport): Promise<ServerMetadata> {
    try {
      this.#known = await this.#request(transport);
      this.#freshUntil = this.clock.now() + rememberedFor;
    } catch (error) {
      if (!this.#known) throw error;
      this.#freshUntil = this.clock.now() + retriedAfter;
    }
    return this.#known;
  }

  #request(transport: Transport): Promise<ServerMetadata> {
    // A refresh that hangs must leave time for the token requests that wait for it.
    const milliseconds = this.client.options.timeout / (this.#known ? 2 : 1);
    const late = () =>
      new UpstreamFailure(
        'unavailable',
        `${this.issuer.host} did not give its metadata to client ${this.client.name} within ${milliseconds} ms. ` +
          'Check the network between the broker and it, and that it is up.',
      );
    return withinDeadline(milliseconds, late, undefined, (signal) =>
      requestMetadata(this.issuer, this.client, transport, signal),
    );
  }
}
