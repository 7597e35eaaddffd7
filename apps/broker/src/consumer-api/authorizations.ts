import { LRUCache } from 'lru-cache';
import type { Consumer } from '#consumers/consumer.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Asked } from './exchange.js';
import type { TokenRoute } from './token-route.js';

export interface Authorization {
  /** By which it was asked for. */
  route: TokenRoute;
  asked: Asked;
  request: TokenRequest;
  /** What the audit tells of it: fields of a JSON object. */
  told: string;
}

/** More different addresses than a consumer has a use for. */
const perConsumer = 200;
const longestAddress = 1_024;

/**
 * What a consumer has been authorized for, by the address that asked for it: to parse and to authorize it again would
 * cost more than all else. A consumer is made anew with each version of the settings, so that nothing outlives them.
 */
export class Authorizations {
  readonly #byConsumer = new WeakMap<Consumer, LRUCache<string, Authorization>>();

  find(consumer: Consumer, address: string): Authorization | undefined {
    return this.#byConsumer.get(consumer)?.get(address);
  }

  remember(consumer: Consumer, address: string, authorization: Authorization): void {
    if (address.length > longestAddress) return;
    const known = this.#byConsumer.get(consumer) ?? new LRUCache<string, Authorization>({ max: perConsumer });
    this.#byConsumer.set(consumer, known.set(address, authorization));
  }
}
