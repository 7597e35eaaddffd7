import type { Logger } from 'pino';
import type { RequestMetrics } from '#metrics/request-metrics.js';
import type { Clock } from '#tokens/clock.js';
import type { ScopeSet } from '#tokens/scope-set.js';
import type { Exchange } from './exchange.js';

/** One line and one count for each token handed out or refused. Never a token: its SHA-256, the first 12 hex digits. */
export class Audit {
  readonly #log: Logger;

  constructor(
    log: Logger,
    private readonly metrics: RequestMetrics,
    private readonly clock: Clock,
    private readonly isKnownScope: (scope: string) => boolean,
  ) {
    // No field of the line can hold a secret, and to look for one costs more than to find the token.
    this.#log = log.child({}, { redact: [] });
  }

  record(exchange: Exchange, requestId: string): void {
    const { consumer, request, served, failure, cause, traceId } = exchange;
    // A document, or a caller who has gone before he was answered.
    if (served === undefined && failure === undefined) return;
    const client = request?.client.name;
    const remaining = served?.token.remaining(this.clock.now());
    const outcome = failure ?? 'served';
    const duration = this.clock.now() - exchange.startedAt;
    this.metrics.answered({ client, source: served?.source, outcome, duration, remaining });
    if (failure === 'invalid_client' || failure === 'access_denied') {
      this.metrics.denied(consumer?.name, failure);
    }
    this.#log.info(
      {
        audit: outcome,
        requestId,
        traceId,
        consumer: consumer?.name,
        client,
        scopes: request && String(request.scopes),
        asked: request === undefined ? known(exchange.asked?.scopes, this.isKnownScope) : undefined,
        reason: cause,
        source: served?.source,
        token: served?.token.accessToken.fingerprint,
        expiresIn: remaining === undefined ? undefined : Math.floor(remaining / 1000),
        duration: Math.round(duration * 10) / 10,
      },
      served === undefined ? 'token refused' : 'token handed out',
    );
  }
}

/** Scopes asked for may be anything, a pasted secret included: only those that the settings name are told. */
function known(scopes: ScopeSet | undefined, isKnown: (scope: string) => boolean): string | undefined {
  if (scopes === undefined) return undefined;
  return [...new Set([...scopes].map((scope) => (isKnown(scope) ? scope : '(unknown)')))].join(' ');
}
