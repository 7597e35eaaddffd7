import type { DestinationStream, Logger } from 'pino';
import type { RequestMetrics } from '#metrics/request-metrics.js';
import type { Clock } from '#tokens/model/clock.js';
import type { FailureCode } from '#tokens/model/failures.js';
import type { ScopeSet } from '#tokens/model/scope-set.js';
import type { ServedToken } from '#tokens/ports/token-store.js';
import type { Exchange } from './exchange.js';
import { handedOutLine } from './handed-out-line.js';

export interface Refusal {
  failure: FailureCode;
  /** Why, where the consumer is not told. Holds no secret. */
  reason: string | undefined;
}

export interface AuditParts {
  /** Where its lines go. */
  output: DestinationStream;
  log: Logger;
  metrics: RequestMetrics;
  clock: Clock;
  isKnownScope(scope: string): boolean;
}

/** One line and one count for each token handed out or refused. Never a token: its SHA-256, the first 12 hex digits. */
export class Audit {
  readonly #log: Logger;

  constructor(private readonly parts: AuditParts) {
    // No field of the line can hold a secret, and to look for one costs more than to refuse the request.
    this.#log = parts.log.child({}, { redact: [] });
  }

  /** @param now milliseconds of the monotonic clock */
  handedOut(exchange: Exchange, found: ServedToken, requestId: string, now: number): void {
    const { metrics, output } = this.parts;
    const [remaining, duration] = [found.token.remaining(now), now - exchange.startedAt];
    const client = exchange.request?.client.name;
    metrics.answered({ client, source: found.source, outcome: 'served', duration, remaining });
    output.write(handedOutLine(exchange, found, requestId, remaining, duration));
  }

  refused(exchange: Exchange, { failure, reason }: Refusal, requestId: string): void {
    const { clock, metrics, isKnownScope } = this.parts;
    const { consumer, request, asked, traceId, startedAt } = exchange;
    const client = request?.client.name;
    const duration = clock.now() - startedAt;
    metrics.answered({ client, source: undefined, outcome: failure, duration, remaining: undefined });
    if (failure === 'invalid_client' || failure === 'access_denied') metrics.denied(consumer?.name, failure);
    this.#log.info(
      {
        audit: failure,
        requestId,
        traceId,
        consumer: consumer?.name,
        client,
        scopes: request && String(request.scopes),
        asked: request === undefined ? known(asked?.scopes, isKnownScope) : undefined,
        reason,
        duration: Math.round(duration * 10) / 10,
      },
      'token refused',
    );
  }
}

/** Scopes asked for may be anything, a pasted secret included: only those that the settings name are told. */
function known(scopes: ScopeSet | undefined, isKnown: (scope: string) => boolean): string | undefined {
  if (scopes === undefined) return undefined;
  return [...new Set([...scopes].map((scope) => (isKnown(scope) ? scope : '(unknown)')))].join(' ');
}
