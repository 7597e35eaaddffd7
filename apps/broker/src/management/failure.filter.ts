import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { errorResponse, failureResponse, HttpFailure } from '../core/failure-response.js';

/** Answers every failure of a controller in the form of the contract. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { id, method, url, server } = http.getRequest<FastifyRequest>();
    const response = errorResponse(error, id, this.log);
    const allowed = response.status === 404 ? server.allowedMethods.at(url) : [];
    const { status, headers, body } =
      allowed.length === 0 ? response : failureResponse(HttpFailure.methodNotAllowed(method, allowed));
    void http.getResponse<FastifyReply>().code(status).headers(headers).send(body);
  }
}
