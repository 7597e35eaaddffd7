import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Failure, type FailureCode } from '#tokens/failures.js';
import { type FailureAnswer, failureAnswer } from './failure-answer.js';
import { protocolAnswer } from './protocol-answer.js';

/** Answers every failure in the form of the contract. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  /** @param note told what each request failed as, and the cause that the consumer is not told */
  constructor(
    private readonly log: Logger,
    private readonly note: (request: FastifyRequest, failure: FailureCode, cause: unknown) => void = () => {},
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { status, headers, body } = this.#answer(error, request);
    this.note(request, body.error, error instanceof Failure ? error.cause : undefined);
    void http.getResponse<FastifyReply>().code(status).headers(headers).send(body);
  }

  #answer(error: unknown, request: FastifyRequest): FailureAnswer {
    if (error instanceof Failure) return failureAnswer(error);
    const status = statusOf(error);
    if (status !== undefined && status < 500) return protocolAnswer(status, request);
    this.log.error({ err: error, requestId: request.id }, 'request failed unexpectedly');
    return failureAnswer(
      new Failure(
        'temporarily_unavailable',
        `the broker failed unexpectedly; its log tells more under request ${request.id}`,
      ),
    );
  }
}

/** Fastify's errors and Nest's exceptions carry an HTTP status. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
