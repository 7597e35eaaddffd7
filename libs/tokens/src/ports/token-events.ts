import type { ResponseAnomaly } from './authorization-server.js';
import type { Trigger } from '../model/demand.js';
import type { CooldownScope, UpstreamFailure } from '../model/failures.js';
import type { Client } from '../model/client.js';
import type { Acquisition } from './renewal-lock.js';
import type { TokenRequest } from '../model/token-request.js';
import type { Tier } from './token-store.js';

/** What happens to tokens, for metrics and logs. Durations in milliseconds. No event carries a token. */
export type TokenEvent =
  | { type: 'renewed'; request: TokenRequest; trigger: Trigger; fingerprint: string; lifetime: number }
  | { type: 'renewal_failed'; request: TokenRequest; trigger: Trigger; failure: UpstreamFailure }
  | { type: 'response_anomaly'; request: TokenRequest; oddity: ResponseAnomaly; granted: string }
  /** `credential` counts from 1, in the order of the settings. */
  | { type: 'credential_used'; request: TokenRequest; credential: number }
  | {
      type: 'cooldown_started';
      request: TokenRequest;
      scope: CooldownScope;
      credential: number;
      failure: UpstreamFailure;
      duration: number;
    }
  | { type: 'cooldown_ended'; request: TokenRequest; credential: number }
  | { type: 'store_failed'; tier: Tier; operation: string; cause: unknown }
  /**
   * Degraded: it answers, and refuses writes or single commands. `changes`: how many changes since the last event, more
   * than one when the state flaps.
   */
  | {
      type: 'store_changed';
      state: 'up' | 'degraded' | 'down';
      reason: string | undefined;
      changes: number;
      /** What would mend it. */
      advice?: string | undefined;
    }
  /** It cannot be used as it is. The message says what it needs. */
  | { type: 'store_unfit'; message: string }
  /** The clock of the shared store was set by so many milliseconds, or it is that of another host now. */
  | { type: 'store_clock_stepped'; step: number }
  /** Two other clocks agree that they are ahead of this replica's by so many milliseconds. */
  | { type: 'own_clock_off'; ahead: number }
  | { type: 'lock_attempted'; outcome: Acquisition['outcome'] }
  | { type: 'lock_released'; request: TokenRequest; held: number }
  /** Any replica has put a token of this request key into the shared store. */
  | { type: 'token_shared'; key: string }
  | { type: 'renewal_due'; request: TokenRequest; lag: number }
  /** The public keys of an authorization server were read, by the connection of this client. */
  | { type: 'keys_read'; client: Client; outcome: 'ok' | 'undecidable' | 'failed'; cause?: unknown }
  /** So many tokens in use are signed by a key that their authorization server publishes no more. */
  | { type: 'key_removed'; client: Client; keyId: string; tokens: number }
  /** What was due had been renewed already, or is renewed no more. */
  | { type: 'renewal_skipped'; request: TokenRequest };

export abstract class TokenEvents {
  abstract emit(event: TokenEvent): void;
}
