import { LRUCache } from 'lru-cache';
import type { Clock } from '#tokens/model/clock.js';
import { atMost } from '#tokens/model/entry-limit.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';
import type { TokenRequest } from '#tokens/model/token-request.js';

export interface LastFailure {
  /** Unix time in milliseconds. */
  at: number;
  failure: UpstreamFailure;
}

/**
 * Why the last renewal of a token failed here, until one succeeds. Bounded: the oldest go first. What is told of them is
 * asked for by what is cached or planned, so that failures of anything else are seen by nobody.
 */
export class LastFailures implements TokenEvents {
  readonly #failures = new LRUCache<string, LastFailure>(atMost(10_000));

  constructor(private readonly clock: Clock) {}

  of({ key }: TokenRequest): LastFailure | undefined {
    return this.#failures.peek(key);
  }

  emit(event: TokenEvent): void {
    if (event.type === 'renewed') this.#failures.delete(event.request.key);
    if (event.type === 'token_shared') this.#failures.delete(event.key);
    if (event.type !== 'renewal_failed') return;
    this.#failures.set(event.request.key, { at: this.clock.wallTime(), failure: event.failure });
  }
}
