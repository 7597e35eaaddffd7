import type { Logger } from 'pino';
import { RedisUnavailable } from '#redis/redis-failure.js';
import type { TokenEvent, TokenEvents } from '#tokens/token-events.js';

/** The lines that tell operators what happens to tokens. */
export class TokenEventLog implements TokenEvents {
  constructor(private readonly log: Logger) {}

  emit(event: TokenEvent): void {
    switch (event.type) {
      case 'renewed':
        return this.#about(event, {
          trigger: event.trigger,
          token: event.fingerprint,
          lifetime: event.lifetime / 1000,
        }).info('token renewed');
      case 'renewal_failed': {
        const { reason, message, upstreamError, retryAfter } = event.failure;
        const fields = {
          trigger: event.trigger,
          reason,
          upstreamError,
          retryAfter: retryAfter && retryAfter / 1000,
        };
        return this.#about(event, fields).warn({ err: event.failure.cause }, `token not renewed: ${message}`);
      }
      case 'answer_odd':
        return this.#about(event, { oddity: event.oddity, granted: event.granted }).warn('odd token answer');
      case 'store_failed':
        // Said once when Redis goes down: not again for each operation, of which there may be thousands.
        if (event.cause instanceof RedisUnavailable) return;
        return this.log.warn(
          { tier: event.tier, operation: event.operation, err: event.cause },
          'token store failed',
        );
      case 'store_changed':
        return event.isUp
          ? this.log.info('Redis is back')
          : this.log.warn({ reason: event.reason }, 'Redis is down; this replica goes on by itself');
      default:
    }
  }

  #about({ request }: Extract<TokenEvent, { request: unknown }>, fields: object): Logger {
    return this.log.child({ client: request.client.name, scopes: String(request.scopes), ...fields });
  }
}
