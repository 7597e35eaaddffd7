import type { Client } from '../model/client.js';
import type { Demand } from '../model/demand.js';
import type { TokenRequest } from '../model/token-request.js';

/**
 * The token requests that a client may send per minute (`maxTokenRequestsPerMinute`). A quarter is set aside for
 * renewals, so that new scope sets cannot starve what is in use, and one consumer gets at most half.
 */
export abstract class TokenRequestBudget {
  /** Undefined: granted, and counted. Otherwise the milliseconds until it is worth asking again. */
  abstract take(request: TokenRequest, demand: Demand): Promise<number | undefined>;

  /** How many were counted in the last minute, as far as it is known here: those of other replicas as last seen. */
  abstract used(client: Client): number;
}
