import type { Clock } from '#tokens/model/clock.js';
import type { TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';

/** Since when the shared store is up, or down. */
export class StoreWatch implements TokenEvents {
  #since: number | undefined;

  constructor(private readonly clock: Clock) {}

  /** Unix time in milliseconds; undefined as long as nothing has changed. */
  get since(): number | undefined {
    return this.#since;
  }

  emit(event: TokenEvent): void {
    if (event.type === 'store_changed') this.#since = this.clock.wallTime();
  }
}
