import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageAssets } from './page-assets.js';

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Text from clients and authorization servers is shown: nothing may ever make markup of it.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // Asked for anew each time: after an upgrade nobody operates the broker by the page of the version before.
  'cache-control': 'no-cache',
};

/** The operators' page, which shows what `/api/tokens` tells. Its files hold no data. */
@Controller()
export class StatusPageController {
  @Get([...pageAssets.keys()])
  asset(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { text, contentType, etag } = pageAssets.get(request.routeOptions.url ?? '')!;
    void reply.headers({ ...headers, etag });
    if (request.headers['if-none-match'] === etag) return void reply.code(304).send();
    void reply.type(contentType).send(text);
  }
}
