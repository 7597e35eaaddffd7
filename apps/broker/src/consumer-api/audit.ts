import type { DestinationStream, Logger } from 'pino';
import type { Grant } from '#consumers/grant.js';
import type { RequestMetrics } from '#metrics/request-metrics.js';
import type { Clock } from '#tokens/model/clock.js';
import type { FailureCode } from '#tokens/model/failures.js';
import type { ScopeSet } from '#tokens/model/scope-set.js';
import type { ServedToken } from '#tokens/ports/token-store.js';
import { timeField } from '../core/buffered-output.js';
import type { RequestContext } from './request-context.js';

export interface AuditParts {
  /** Where its lines go. */
  output: DestinationStream;
  log: Logger;
  metrics: RequestMetrics;
  clock: Clock;
  isKnownScope(scope: string): boolean;
}

/** One line and one count for each token served or refused. Never a token: its SHA-256, the first 12 hex digits. */
export class Audit {
  readonly #log: Logger;

  constructor(private readonly parts: AuditParts) {
    // No field of the line can hold a secret, and looking for one takes longer than refusing the request.
    this.#log = parts.log.child({}, { redact: [] });
  }

  /** @param now milliseconds of the monotonic clock */
  served(context: RequestContext, grant: Grant, found: ServedToken, now: number): void {
    const { metrics, output } = this.parts;
    const [remaining, duration] = [found.token.remaining(now), now - context.startedAt];
    metrics.served(grant.request.client.name, found.source, duration, remaining);
    output.write(servedLine(context, grant, found, remaining, duration));
  }

  /** @param reason why, where the consumer does not learn it; holds no secret */
  refused(context: RequestContext, failure: FailureCode, reason: string | undefined): void {
    const { clock, metrics, isKnownScope } = this.parts;
    const { consumer, grant, parameters, traceId, startedAt, id } = context;
    const client = grant?.request.client.name;
    const duration = clock.now() - startedAt;
    metrics.refused(client, failure, duration);
    if (failure === 'invalid_client' || failure === 'access_denied') metrics.denied(consumer?.name, failure);
    // A fault of the authorization server or of the broker is for operators to look at; a refusal is not.
    const level = isUpstreamFault(failure) ? 'warn' : 'info';
    this.#log[level](
      {
        audit: failure,
        requestId: id,
        traceId,
        consumer: consumer?.name,
        client,
        scopes: grant && String(grant.request.scopes),
        asked: grant === undefined ? knownScopes(parameters?.scopes, isKnownScope) : undefined,
        reason,
        duration: tenths(duration),
      },
      'token refused',
    );
  }
}

/**
 * In pino's own form. It is put together here because a general logger takes as long for it as all else takes for the
 * request. What stands in quotes is of digits and letters.
 * @param remaining milliseconds
 * @param duration milliseconds
 */
function servedLine(
  { traceId, id }: RequestContext,
  { auditFields }: Grant,
  { source, token }: ServedToken,
  remaining: number,
  duration: number,
): string {
  const trace = traceId === undefined ? '' : `"traceId":"${traceId}",`;
  return (
    `{"level":"info"${timeField()},"audit":"served","requestId":"${id}",${trace}${auditFields}` +
    `,"source":"${source}","token":"${token.accessToken.fingerprint}"` +
    `,"expiresIn":${Math.floor(remaining / 1000)},"duration":${tenths(duration)}` +
    `,"msg":"token handed out"}\n`
  );
}

function isUpstreamFault(failure: FailureCode): boolean {
  return failure.startsWith('upstream_') || failure === 'temporarily_unavailable';
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

/** The scopes of a request may be anything, a pasted secret included: only those in the settings are logged. */
function knownScopes(scopes: ScopeSet | undefined, isKnown: (scope: string) => boolean): string | undefined {
  if (scopes === undefined) return undefined;
  return [...new Set([...scopes].map((scope) => (isKnown(scope) ? scope : '(unknown)')))].join(' ');
}
