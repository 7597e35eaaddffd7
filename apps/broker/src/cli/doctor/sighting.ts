/** What was seen on the wire while a token was asked for. It holds no value of the answer that could be a secret. */
export interface Sighting {
  /** Whether the last request was for the issuer's metadata, not for a token. Undefined when none was made. */
  metadata?: boolean;
  /** Whether a connection stood. */
  connected: boolean;
  /** Of the last error of the connection: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  errorCode?: string;
  status?: number;
  /** The media type is that of a page. */
  isPage: boolean;
  /** A header says that the answer came through an intermediary. */
  hasVia: boolean;
  /** Whether the answer came to its end. */
  complete: boolean;
  /** Milliseconds by which the server's clock is ahead of this machine's; its header tells whole seconds only. */
  skew?: number;
  /** When the server's certificate ends: milliseconds since 1970. */
  certificateEndsAt?: number;
}

export const nothingSeen: Sighting = { connected: false, isPage: false, hasVia: false, complete: false };
