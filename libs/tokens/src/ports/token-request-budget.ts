import type { Client } from '../model/client.js';
import type { Demand } from '../model/demand.js';
import type { QuotaUsage } from '../model/quota.js';
import type { TokenRequest } from '../model/token-request.js';

/** Share of a quota beyond which it runs low. */
const lowFrom = 0.75;

/**
 * The token requests that a client may send per minute, hour, day and month (`maxTokenRequests`). A quarter is set aside
 * for renewals, so that new scope sets cannot starve what is in use, and one consumer gets at most half of a minute's.
 */
export abstract class TokenRequestBudget {
  /** Undefined: granted, and counted. Otherwise the milliseconds until it is worth asking again. */
  abstract take(request: TokenRequest, demand: Demand): Promise<number | undefined>;

  /** How many were counted in the last minute, as far as it is known here: those of other replicas as last seen. */
  abstract used(client: Client): number;

  /**
   * An instant for the renewal of a token, from `earliest` to `latest`: later than its policy says where all
   * renewals of the client together need more than its quotas give.
   */
  abstract placeRenewal(client: Client, earliest: number, latest: number): Promise<number>;

  /** What is used of the quotas, as last seen here. Instants are of the monotonic clock. */
  abstract quotas(client: Client): QuotaUsage[];

  /** Whether a quota runs low, as last seen here: tokens without recent demand should lapse. */
  isLow(client: Client): boolean {
    return this.quotas(client).some(({ used, limit }) => used > limit * lowFrom);
  }
}
