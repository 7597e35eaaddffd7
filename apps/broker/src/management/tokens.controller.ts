import { Controller, Get, Header, HttpCode, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OperatorRenewal } from './renewal.js';
import { BrokerStatus } from './broker-status.js';
import { parseRenewOrder } from './renew-order.js';
import { SameOriginGuard } from './same-origin.guard.js';
import { TokenListing } from './token-listing.js';
import { parseTokenPage } from './token-page.js';
import { type TokenRow, TokenRows } from './token-rows.js';

/** The tokens, as operators may see them: never a value. */
@Controller('api/tokens')
export class TokensController {
  constructor(
    private readonly status: BrokerStatus,
    private readonly listing: TokenListing,
    private readonly rows: TokenRows,
    private readonly renewal: OperatorRenewal,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async list(@Query() query: Record<string, unknown>): Promise<object> {
    const { tokens, next } = await this.listing.page(parseTokenPage(query));
    return {
      ...(await this.status.report()),
      tokens: tokens.map((token) => this.rows.of(token)),
      ...(next !== undefined && { next }),
    };
  }

  @Post('renew')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @UseGuards(SameOriginGuard)
  async renew(@Req() { headers, body, id, ip }: FastifyRequest): Promise<TokenRow> {
    const order = parseRenewOrder(headers['content-type'], body);
    const request = await this.renewal.renew(order, { requestId: id, address: ip });
    return this.rows.of(await this.listing.one(request));
  }
}
