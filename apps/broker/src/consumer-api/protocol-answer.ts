import type { FastifyRequest } from 'fastify';
import { Failure } from '#tokens/model/failures.js';
import { type FailureAnswer, failureAnswer } from './failure-answer.js';

const reasons: Readonly<Record<number, string>> = {
  404: "there is nothing at this path; GET /token is on the consumers' port, /readyz and /metrics are on the operators' port",
  413: 'the body is too large',
  414: 'the address is too long',
};

/**
 * The answer to what HTTP itself has a status for: no such path, another method, a body too large.
 * @param status from 400 to 499, of the error that says so
 */
export function protocolAnswer(status: number, { method, url, server }: FastifyRequest): FailureAnswer {
  const allow = status === 404 ? server.allowedMethods.at(url).join(', ') : '';
  if (allow === '') {
    return failureAnswer(protocolFailure(status), reasons[status] === undefined ? 400 : status);
  }
  const otherMethod = new Failure('invalid_request', `${method} is not for this path; use ${allow}`);
  return { ...failureAnswer(otherMethod, 405), headers: { allow } };
}

/** What is told with a status of HTTP itself. */
export function protocolFailure(status: number): Failure {
  return new Failure('invalid_request', reasons[status] ?? 'the request is malformed');
}
