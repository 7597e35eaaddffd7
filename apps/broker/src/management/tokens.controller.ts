import { Body, Controller, Get, Header, HttpCode, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OperatorRenewal } from './renewal.js';
import { BrokerStatus } from './broker-status.js';
import { SameOriginGuard } from './same-origin.guard.js';
import { TokenList } from './token-list.js';
import { RenewTokenDto, TokenListQuery } from './tokens.dto.js';
import { type TokenRow, TokenRows } from './token-rows.js';

/** The tokens, as operators may see them: never a value. */
@Controller('api/tokens')
export class TokensController {
  constructor(
    private readonly status: BrokerStatus,
    private readonly list: TokenList,
    private readonly rows: TokenRows,
    private readonly renewal: OperatorRenewal,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async tokens(@Query() query: TokenListQuery): Promise<object> {
    const { tokens, next } = await this.list.page(query);
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
  async renew(@Body() command: RenewTokenDto, @Req() { id, ip }: FastifyRequest): Promise<TokenRow> {
    const request = await this.renewal.renew(command, { requestId: id, address: ip });
    return this.rows.of(await this.list.one(request));
  }
}
