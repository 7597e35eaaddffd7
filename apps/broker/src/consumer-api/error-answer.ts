import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Failure } from '#tokens/model/failures.js';
import { type FailureAnswer, failureAnswer } from './failure-answer.js';
import { protocolAnswer } from './protocol-answer.js';

/** Whatever was thrown, in the form of the contract. What nobody expected is told to the log only. */
export function errorAnswer(error: unknown, request: FastifyRequest, log: Logger): FailureAnswer {
  if (error instanceof Failure) return failureAnswer(error);
  const status = statusOf(error);
  if (status !== undefined && status < 500) return protocolAnswer(status, request);
  log.error({ err: error, requestId: request.id }, 'request failed unexpectedly');
  return failureAnswer(
    new Failure(
      'temporarily_unavailable',
      `the broker failed unexpectedly; its log tells more under request ${request.id}`,
      { retryAfter: 1_000 },
    ),
  );
}

/** Fastify's errors carry an HTTP status as `statusCode`, Nest's exceptions as `status`. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { statusCode, status = statusCode } = error as { statusCode?: unknown; status?: unknown };
  return typeof status === 'number' ? status : undefined;
}
