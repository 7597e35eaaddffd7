import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { errorResponse, failureResponse, HttpFailure } from '../core/failure-response.js';
import { pageHeaders } from '../pages/page-headers.js';
import { AccessRefused, isNavigation } from './access/access.guard.js';
import { noticePage } from './access/notice-page.js';
import type { HostGuard } from './host.guard.js';

/** Answers every failure of a controller in the form of the contract, or, where access fails in a browser, as a page. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  /** @param publicUrl of the management port, where people log in */
  constructor(
    private readonly log: Logger,
    private readonly publicUrl: () => string | undefined = () => undefined,
    private readonly hosts?: Pick<HostGuard, 'refusalOf'>,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { id, method, url, server } = request;
    const response = errorResponse(error, id, this.log);
    // Of a controller's own 404 the path is known.
    const isUnknown = response.status === 404 && !(error instanceof HttpFailure);
    const allowed = isUnknown ? server.allowedMethods.at(url) : [];
    const refusal = isUnknown ? this.hosts?.refusalOf(request) : undefined;
    const failure =
      refusal ?? (allowed.length > 0 ? HttpFailure.methodNotAllowed(method, allowed) : undefined);
    const { status, headers, body } = failure === undefined ? response : failureResponse(failure);
    const reply = http.getResponse<FastifyReply>().code(status).headers(headers);
    if (![401, 403].includes(status) || !isNavigation(request)) return void reply.send(body);
    void reply
      .headers({ ...pageHeaders, 'cache-control': 'no-store' })
      .type('text/html; charset=utf-8')
      .send(this.#page(error, body.error_description));
  }

  #page(error: unknown, text: string): string {
    const base = this.publicUrl();
    const link =
      error instanceof AccessRefused ? (['Log out', '/logout'] as const) : (['Log in', '/login'] as const);
    return noticePage({ title: 'No access', text, link: base === undefined ? undefined : link }, base ?? '');
  }
}
