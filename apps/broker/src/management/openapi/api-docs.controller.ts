import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { pageHeaders } from '../page/page-headers.js';
import { ApiDocs } from './api-docs.js';
import type { OpenApiDocument } from './openapi.js';

/** What the consumers' side is, for programs and for people. */
@Controller()
export class ApiDocsController {
  constructor(private readonly docs: ApiDocs) {}

  @Get('openapi.json')
  @Header('cache-control', 'no-cache')
  document(): OpenApiDocument {
    return this.docs.document;
  }

  @Get('docs')
  page(@Res() reply: FastifyReply): void {
    void reply.headers(pageHeaders).type('text/html; charset=utf-8').send(this.docs.page);
  }
}
