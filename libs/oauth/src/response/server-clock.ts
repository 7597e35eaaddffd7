import type { HttpResponse } from '#http/http-response.js';
import { httpDate } from '#http/header-fields.js';
import { UpstreamFailure } from '#tokens/model/failures.js';

/** Milliseconds of clock skew that servers tolerate in an assertion. */
const toleratedSkew = 5_000;

/** Milliseconds by which other clocks are ahead of ours. */
export interface OtherClocks {
  /** All of them in agreement. */
  agreed(): number;
  ofStore(): number | undefined;
}

/** The clock of an authorization server: what is signed for it is dated by that. */
export class ServerClock {
  /** Milliseconds by which it is ahead of ours, by its last response or as other clocks have it. */
  #skew: number;

  constructor(private readonly others: OtherClocks | undefined) {
    this.#skew = others?.agreed() ?? 0;
  }

  get skew(): number {
    return this.#skew;
  }

  /** @param skew by the `Date` of a response; undefined without one */
  measured(skew: number | undefined): void {
    this.#skew = skew ?? this.#skew;
  }

  /**
   * Sends what is signed: once more when it was refused and the skew was another one, by the response that refused it, or
   * by the clock of the shared store where that has no `Date`.
   */
  async dated<T>(attempt: () => Promise<T>): Promise<T> {
    const assumed = this.#skew;
    try {
      return await attempt();
    } catch (error) {
      const better = this.#skew === assumed ? (this.others?.ofStore() ?? assumed) : this.#skew;
      if (!isRefusal(error) || Math.abs(better - assumed) <= toleratedSkew) throw error;
      return this.#datedBy(better, attempt);
    }
  }

  async #datedBy<T>(skew: number, attempt: () => Promise<T>): Promise<T> {
    const before = this.#skew;
    this.#skew = skew;
    try {
      return await attempt();
    } catch (error) {
      if (this.#skew === skew) this.#skew = before;
      throw error;
    }
  }
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof UpstreamFailure)) return false;
  return error.reason === 'client_refused' || error.reason === 'request_refused';
}

/** `Date` counts whole seconds: on average it is half a second old. */
const resolution = 1_000;

/**
 * Milliseconds by which the clock of a server is ahead of ours (negative: behind), by the `Date` of its response (RFC
 * 9110 §6.6.1), assumed to have been written half way between sending and receiving. A difference that this and the
 * rounding explain, or below a second, is 0. Undefined without a `Date`.
 * @param receivedAt Unix time in milliseconds
 * @param roundTrip milliseconds
 */
export function clockSkew(
  headers: HttpResponse['headers'],
  receivedAt: number,
  roundTrip: number,
): number | undefined {
  const date = httpDate(headers.get('date'));
  if (Number.isNaN(date)) return undefined;
  const skew = date + resolution / 2 - (receivedAt - roundTrip / 2);
  const doubt = Math.max(resolution, (resolution + roundTrip) / 2);
  return Math.abs(skew) < doubt ? 0 : skew;
}
