import { UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';

const reasons: Record<UpstreamFailureReason, true> = {
  client_refused: true,
  scope_refused: true,
  request_refused: true,
  unavailable: true,
  throttled: true,
  malformed: true,
  unchanged: true,
  budget_used_up: true,
};

/** A failure as JSON, for other replicas: what consumers are told of it, without its cause. To be sealed: it may name scopes. */
export function failureRecord({ reason, message, upstreamError, retryAfter }: UpstreamFailure): string {
  return JSON.stringify({ reason, message, upstreamError, retryAfter });
}

/** Undefined for whatever `failureRecord` has not made; never throws. */
export function parseFailureRecord(text: string): UpstreamFailure | undefined {
  const { reason, message, upstreamError, retryAfter } = fields(text);
  if (!isReason(reason) || typeof message !== 'string') return undefined;
  if (upstreamError !== undefined && typeof upstreamError !== 'string') return undefined;
  if (retryAfter !== undefined && !(typeof retryAfter === 'number' && retryAfter >= 0)) return undefined;
  return new UpstreamFailure(reason, message, { upstreamError, retryAfter });
}

function fields(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function isReason(reason: unknown): reason is UpstreamFailureReason {
  return typeof reason === 'string' && Object.hasOwn(reasons, reason);
}
