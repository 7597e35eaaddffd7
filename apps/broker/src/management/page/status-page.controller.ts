import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageAssets } from '../../pages/page-assets.js';
import { pageHeaders } from '../../pages/page-headers.js';
import { Needs } from '../access/access.guard.js';

/** What the page of a refusal or log-out needs, which is shown to anyone. */
const noticeAssets = ['/page/status.css', '/page/docs.css', '/page/icon.svg'];

/** The operators' page, which shows what `/api/tokens` returns. Its files hold no data. */
@Needs('viewer')
@Controller()
export class StatusPageController {
  @Get([...pageAssets.keys()].filter((path) => !noticeAssets.includes(path)))
  asset(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { text, contentType, etag } = pageAssets.get(request.routeOptions.url ?? '')!;
    void reply.headers({ ...pageHeaders, etag });
    if (request.headers['if-none-match'] === etag) return void reply.code(304).send();
    void reply.type(contentType).send(text);
  }

  @Get(noticeAssets)
  @Needs('anyone')
  noticeAsset(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.asset(request, reply);
  }
}
