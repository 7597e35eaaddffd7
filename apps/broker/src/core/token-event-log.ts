import type { Logger } from 'pino';
import { RedisUnavailable } from '#redis/connection/redis-failure.js';
import type { TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';

/** The log lines about what happens to tokens. */
export class TokenEventLog implements TokenEvents {
  readonly #renewals: Logger;
  /** Clients whose keys could not be read the last time. */
  readonly #unreadable = new Set<string>();

  constructor(private readonly log: Logger) {
    // No field of these lines can hold a secret, and to look for one costs more than to write them.
    this.#renewals = log.child({}, { redact: [] });
  }

  emit(event: TokenEvent): void {
    switch (event.type) {
      case 'renewed':
        return this.#renewals.info(
          {
            ...about(event),
            trigger: event.trigger,
            token: event.fingerprint,
            lifetime: event.lifetime / 1000,
          },
          'token renewed',
        );
      case 'renewal_failed': {
        const { reason, message, upstreamError, retryAfter } = event.failure;
        const fields = {
          ...about(event),
          trigger: event.trigger,
          reason,
          upstreamError,
          retryAfter: retryAfter && Math.ceil(retryAfter / 1000),
          err: event.failure.cause,
        };
        return this.log.warn(fields, `token not renewed: ${message}`);
      }
      case 'response_anomaly':
        return this.log.warn(
          { ...about(event), oddity: event.oddity, granted: event.granted.slice(0, 500) },
          'odd token answer',
        );
      case 'keys_read':
        return this.#keysRead(event);
      case 'key_removed':
        return this.log.info(
          { client: event.client.name, keyId: event.keyId.slice(0, 100), tokens: event.tokens },
          'the authorization server publishes this key no more; the tokens that it has signed are renewed',
        );
      case 'store_failed':
        // Said once when Redis goes down: not again for each operation, of which there may be thousands.
        if (event.cause instanceof RedisUnavailable) return;
        return this.log.warn(
          { tier: event.tier, operation: event.operation, err: event.cause },
          'token store failed',
        );
      case 'store_unfit':
        return this.log.error(event.message);
      case 'store_clock_stepped':
        return this.log.warn(
          { step: event.step / 1000 },
          `the clock of Redis was set ${event.step < 0 ? 'back' : 'forward'}, or it is that of another host now; see to NTP there`,
        );
      case 'own_clock_off':
        return this.log.warn(
          { ahead: event.ahead / 1000 },
          'the clock of this replica is not believed: Redis and an authorization server agree on another time, which is ahead by so many seconds; see to NTP on this host',
        );
      case 'store_changed':
        return this.#storeChanged(event);
      default:
    }
  }

  /** Once until they can be read again. */
  #keysRead({ client, outcome, cause }: Extract<TokenEvent, { type: 'keys_read' }>): void {
    const { name } = client;
    if (outcome !== 'failed') return void this.#unreadable.delete(name);
    if (this.#unreadable.has(name)) return;
    this.#unreadable.add(name);
    this.log.warn(
      { client: name, err: cause },
      'keys of the authorization server not read; no token is renewed for want of its key until they are',
    );
  }

  #storeChanged({ state, reason, changes, advice }: Extract<TokenEvent, { type: 'store_changed' }>): void {
    const fields = { reason, ...(changes > 1 && { changes }) };
    if (state === 'up') return this.log.info(fields, 'Redis is back');
    if (reason === 'NOPERM') return this.log.warn(fields, `Redis refuses some commands: ${advice}`);
    this.log.warn(
      { ...fields, advice },
      state === 'down'
        ? 'Redis is down; this replica continues alone'
        : 'Redis refuses writes; this replica reads from it, and shares new tokens by messages only',
    );
  }
}

function about({ request }: Extract<TokenEvent, { request: unknown }>): object {
  return { client: request.client.name, scopes: String(request.scopes) };
}
