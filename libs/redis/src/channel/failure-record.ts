import { UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';
import { parseJsonObject } from '#tokens/model/json-object.js';

const reasons: Record<UpstreamFailureReason, true> = {
  client_refused: true,
  wrong_endpoint: true,
  scope_refused: true,
  request_refused: true,
  unavailable: true,
  throttled: true,
  malformed: true,
  unchanged: true,
  credential_unavailable: true,
  budget_used_up: true,
};

/** What version 0.1.0 called a failure that has its own reason by now: a replica of that version reads no other. */
const reasonsBefore: Partial<Record<UpstreamFailureReason, UpstreamFailureReason>> = {
  wrong_endpoint: 'client_refused',
  credential_unavailable: 'unavailable',
};

/**
 * A failure as JSON for other replicas: what consumers may see of it, without its cause. To be sealed: it may name scopes.
 * `more`: what is kept with it, and ignored by those that do not know it.
 */
export function failureRecord(
  { reason, message, upstreamError, retryAfter }: UpstreamFailure,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const before = reasonsBefore[reason];
  const named = before === undefined ? { reason } : { reason: before, kind: reason };
  return JSON.stringify({ ...named, message, upstreamError, retryAfter, ...more });
}

/** Undefined for whatever `failureRecord` has not made; never throws. */
export function parseFailureRecord(text: string): UpstreamFailure | undefined {
  const fields = Object.fromEntries(parseJsonObject(text) ?? []);
  const { reason: known, kind, message, upstreamError, retryAfter } = fields;
  const reason = isReason(kind) && reasonsBefore[kind] === known ? kind : known;
  if (!isReason(reason) || typeof message !== 'string') return undefined;
  if (upstreamError !== undefined && typeof upstreamError !== 'string') return undefined;
  if (retryAfter !== undefined && !(typeof retryAfter === 'number' && retryAfter >= 0)) return undefined;
  return new UpstreamFailure(reason, message, { upstreamError, retryAfter });
}

function isReason(reason: unknown): reason is UpstreamFailureReason {
  return typeof reason === 'string' && Object.hasOwn(reasons, reason);
}
