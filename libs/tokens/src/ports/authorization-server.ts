import type { ScopeSet } from '../model/scope-set.js';
import type { Secret } from '../model/secret.js';
import type { TokenRequest } from '../model/token-request.js';

/** What was odd about an answer that is good enough to use: counted, and logged as a warning. */
export type ResponseAnomaly =
  | 'certificate_bound'
  | 'key_not_published'
  | 'lifetime_assumed'
  | 'lifetime_capped'
  | 'lifetime_shortened'
  | 'scope_differs'
  | 'token_type_assumed'
  | 'tokens_end_each_other';

/** A token answer (RFC 6749 §5.1) that has been judged. */
export interface TokenResponse {
  accessToken: Secret;
  scopes: ScopeSet;
  /** Those granted (RFC 9396 §7), as JSON; undefined where none were asked for, or none are in the response. */
  authorizationDetails?: string | undefined;
  /** When the request was sent, in milliseconds of the monotonic clock: the life starts here. */
  sentAt: number;
  /** Milliseconds; 0 or more. */
  lifetime: number;
  /** Milliseconds after which the authorization server wants to be asked again. */
  refreshIn?: number;
  anomalies: readonly ResponseAnomaly[];
}

export abstract class AuthorizationServer {
  /**
   * Sends one token request, with this one of the client's credentials (an element of `ClientOptions.credentials`).
   * @throws UpstreamFailure and nothing else, unless the signal aborts
   */
  abstract requestToken(
    request: TokenRequest,
    credential: string,
    signal?: AbortSignal,
  ): Promise<TokenResponse>;
}
