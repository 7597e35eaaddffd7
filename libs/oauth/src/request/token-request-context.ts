import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Redaction } from '../redaction.js';

/** A token request that was sent: what its response is processed by. */
export interface TokenRequestContext {
  request: TokenRequest;
  /** The address that it was sent to. */
  endpoint: URL;
  /** Milliseconds of the monotonic clock, taken right before sending. */
  sentAt: number;
  /** The same instant in milliseconds since 1970. */
  wallTime: number;
  /** Knows all secrets that were sent. */
  redaction: Redaction;
}
