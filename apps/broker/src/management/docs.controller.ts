import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ConsumerApiDocument, type OpenApiDocument } from '../core/openapi-document.js';
import { pageHeaders } from '../pages/page-headers.js';
import { docsPage } from '../pages/docs-page.js';
import { Needs } from './access/access.guard.js';

/** The consumer API, described for programs and for people. */
@Needs('viewer')
@Controller()
export class DocsController {
  #rendered: { document: OpenApiDocument; page: string } | undefined;

  constructor(private readonly api: ConsumerApiDocument) {}

  @Get('openapi.json')
  @Header('cache-control', 'no-cache')
  document(): OpenApiDocument {
    return this.api.current;
  }

  @Get('docs')
  page(@Res() reply: FastifyReply): void {
    const document = this.api.current;
    if (this.#rendered?.document !== document) this.#rendered = { document, page: docsPage(document, true) };
    void reply.headers(pageHeaders).type('text/html; charset=utf-8').send(this.#rendered.page);
  }
}
