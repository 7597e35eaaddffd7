import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Redaction } from '../redaction.js';

/** A token request on the wire: what its answer is judged by. */
export interface Exchange {
  request: TokenRequest;
  /** The address that is asked. */
  endpoint: URL;
  /** Milliseconds of the monotonic clock, taken right before sending. */
  sentAt: number;
  /** Knows all secrets that are sent. */
  redaction: Redaction;
}
