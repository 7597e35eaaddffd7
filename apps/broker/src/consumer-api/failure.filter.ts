import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { errorAnswer } from './error-answer.js';

/** Answers every failure of a Nest controller in the form of the contract. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { status, headers, body } = errorAnswer(error, http.getRequest<FastifyRequest>(), this.log);
    void http.getResponse<FastifyReply>().code(status).headers(headers).send(body);
  }
}
