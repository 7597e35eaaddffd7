import type { AccessToken } from './access-token.js';

/** A token as the broker gave it. Instants in milliseconds on the monotonic clock. */
export interface Grant {
  token: AccessToken;
  /** From here on it would live shorter than was asked for. */
  usableUntil: number;
  /** From here on it is worth asking again. */
  refreshAt: number;
}
