import { type CredentialUse, wouldBeDenied } from '#consumers/consumer-activity.js';
import type { Grant } from '#consumers/grant.js';
import type { RequestMetrics } from '#metrics/request-metrics.js';
import type { Clock } from '#tokens/model/clock.js';
import type { FailureCode } from '#tokens/model/failures.js';
import type { ScopeSet } from '#tokens/model/scope-set.js';
import type { ServedToken } from '#tokens/ports/token-store.js';
import type { AuditLog } from '../audit/audit-log.js';
import { clientAddressOf } from '../core/addresses.js';
import { isoTime } from '../core/buffered-output.js';
import type { SettingsSnapshot } from '../core/settings-snapshot.js';
import type { RequestContext } from './request-context.js';

export interface AuditParts {
  log: AuditLog;
  metrics: RequestMetrics;
  clock: Clock;
  settings: { readonly active: Pick<SettingsSnapshot, 'isKnownScope' | 'trustedProxies'> };
}

/** One line and one count for each token served or refused. Never a token: its SHA-256, the first 12 hex digits. */
export class Audit {
  readonly #served: ServedLine;

  constructor(private readonly parts: AuditParts) {
    this.#served = new ServedLine(parts.log);
  }

  /** @param now milliseconds of the monotonic clock */
  served(context: RequestContext, grant: Grant, found: ServedToken, now: number): void {
    const { metrics, log, settings } = this.parts;
    const [remaining, duration] = [found.token.remaining(now), now - context.startedAt];
    metrics.served(grant.request.client.name, found.source, duration, remaining);
    const credential = context.credential as CredentialUse;
    credential.count += 1;
    credential.lastAt = now;
    grant.use.count += 1;
    grant.use.lastAt = now;
    const address = clientAddressOf(context.request, settings.active.trustedProxies);
    if (grant.excess !== undefined) this.#servedBeyond(context, address, grant, found, now);
    else log.write(this.#served.text(context, address, grant, found, remaining, duration));
  }

  /** By `mode: audit`. */
  #servedBeyond(
    context: RequestContext,
    address: string,
    grant: Grant,
    { source, token }: ServedToken,
    now: number,
  ): void {
    const values = {
      ...valuesOf(context, grant, address, now),
      source,
      token: token.accessToken.fingerprint,
      expiresIn: Math.floor(token.remaining(now) / 1000),
      reason: grant.excess?.message,
    };
    remember(context, wouldBeDenied, values.scopes, address, now);
    this.parts.log.line('warn', { audit: wouldBeDenied, ...values }, 'token served, which allow refuses');
  }

  /** @param reason why, where the consumer does not learn it; holds no secret */
  refused(context: RequestContext, failure: FailureCode, reason: string | undefined): void {
    const { clock, metrics, settings, log } = this.parts;
    const { isKnownScope, trustedProxies } = settings.active;
    const { consumer, grant, parameters, startedAt } = context;
    const now = clock.now();
    metrics.refused(grant?.request.client.name, failure, now - startedAt);
    if (failure === 'invalid_client' || failure === 'access_denied') metrics.denied(consumer?.name, failure);
    const asked = grant === undefined ? knownScopes(parameters?.scopes, isKnownScope) : undefined;
    const address = clientAddressOf(context.request, trustedProxies);
    const values = valuesOf(context, grant, address, now);
    remember(context, failure, asked ?? values.scopes, address, now);
    // A fault of the authorization server or of the broker is for operators to look at; a refusal is not.
    const level = isUpstreamFault(failure) ? 'warn' : 'info';
    log.line(level, { audit: failure, ...values, asked, reason }, 'token refused');
  }
}

/** Of each line that is no plain hit. */
function valuesOf(
  { id, traceId, consumer, credential, startedAt }: RequestContext,
  grant: Grant | undefined,
  address: string,
  now: number,
) {
  return {
    requestId: id,
    traceId,
    address,
    consumer: consumer?.name,
    credential: credential?.place,
    key: credential?.fingerprint,
    rule: grant?.rule,
    client: grant?.request.client.name,
    scopes: grant && String(grant.request.scopes),
    duration: tenths(now - startedAt),
  };
}

/** For the status page. */
function remember(
  { consumer, credential }: RequestContext,
  error: FailureCode | typeof wouldBeDenied,
  asked: string | undefined,
  address: string,
  at: number,
): void {
  consumer?.activity.refuse({ at, error, asked, credential: credential?.place, address });
}

/**
 * The line of a token served, as JSON. It is put together here because a general logger takes as long for it as all else
 * takes for the request. What stands in quotes is of digits and letters.
 */
class ServedLine {
  readonly #time: string;
  readonly #requestId: string;
  readonly #traceId: string;
  readonly #expiresIn: string;
  readonly #duration: string;
  readonly #end: string;
  #lastTime = '';
  /** Up to the request id, of all lines of a millisecond. */
  #start = '';

  constructor(private readonly log: AuditLog) {
    const { names } = log;
    this.#time = `{"${names.level}":"info","${names.time}":"`;
    this.#requestId = `","${names.audit}":"served","${names.requestId}":"`;
    this.#traceId = `","${names.traceId}":"`;
    this.#expiresIn = `,"${names.expiresIn}":`;
    this.#duration = `,"${names.duration}":`;
    this.#end = `,"${names.msg}":"token served"`;
  }

  /** @param remaining milliseconds @param duration milliseconds */
  text(
    { traceId, id, credential }: RequestContext,
    address: string,
    grant: Grant,
    found: ServedToken,
    remaining: number,
    duration: number,
  ): string {
    const time = isoTime();
    if (time !== this.#lastTime) this.#start = this.#time + (this.#lastTime = time) + this.#requestId;
    const trace = traceId === undefined ? '' : this.#traceId + traceId;
    const fixed = this.#fixed(credential as CredentialUse, address, grant, found);
    const numbers = Math.floor(remaining / 1000) + this.#duration + tenths(duration);
    return this.#start + id + trace + fixed + numbers + this.#end;
  }

  /** From the address to the token: what consecutive lines of a grant mostly share. */
  #fixed(credential: CredentialUse, address: string, grant: Grant, { source, token }: ServedToken): string {
    const last = grant.lastAudited;
    const { sha256 } = token.accessToken;
    const isSame =
      last?.sha256 === sha256 &&
      last.credential === credential &&
      last.address === address &&
      last.source === source;
    if (isSame) return last.text;
    const { demand, request, rule } = grant;
    const { place, fingerprint: key } = credential;
    const fields = this.log.fieldsOf({
      address,
      credential: place,
      key,
      consumer: demand.consumer,
      rule,
      client: request.client.name,
      scopes: String(request.scopes),
      source,
      token: token.accessToken.fingerprint,
    });
    const text = `",${fields}${this.#expiresIn}`;
    grant.lastAudited = { credential, address, sha256, source, text };
    return text;
  }
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
