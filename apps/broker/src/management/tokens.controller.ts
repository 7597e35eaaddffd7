import { Body, Controller, Get, Header, HttpCode, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { historyPeriod, RenewalHistory } from '#tokens/ports/renewal-history.js';
import { ActiveSettings } from '../core/active-settings.js';
import { OperatorPurge, type PurgeReport } from './purge.js';
import { clientAddressOf } from '../core/addresses.js';
import { OperatorRenewal } from './renewal.js';
import { BrokerStatus } from './broker-status.js';
import { SameOriginGuard } from './same-origin.guard.js';
import { TokenList } from './token-list.js';
import { HistoryQuery, PurgeTokensDto, RenewTokenDto, TokenListQuery } from './requests.dto.js';
import { type TokenRow, TokenRows } from './token-rows.js';
import { Needs } from './access/access.guard.js';

/** The tokens, as operators may see them: never a value. */
@Needs('viewer')
@Controller('api/tokens')
export class TokensController {
  constructor(
    private readonly settings: ActiveSettings,
    private readonly status: BrokerStatus,
    private readonly list: TokenList,
    private readonly rows: TokenRows,
    private readonly renewal: OperatorRenewal,
    private readonly purges: OperatorPurge,
    private readonly history: RenewalHistory,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async tokens(@Query() query: TokenListQuery, @Req() { operator }: FastifyRequest): Promise<object> {
    const { tokens, next } = await this.list.page(query);
    return {
      ...(await this.status.report()),
      ...(operator && operator.by !== 'none' && { operator }),
      tokens: tokens.map((token) => this.rows.of(token)),
      ...(next !== undefined && { next }),
    };
  }

  /** How the renewals of these tokens ended in the last 24 hours. */
  @Get('history')
  @Header('cache-control', 'no-store')
  async renewals(@Query() { ids }: HistoryQuery): Promise<object> {
    const found = await this.history.of(ids);
    const periods = found.map((counts) =>
      counts.map(({ period, ...counted }) => ({
        from: new Date(period * historyPeriod).toISOString(),
        ...counted,
      })),
    );
    return {
      seconds: historyPeriod / 1000,
      tokens: Object.fromEntries(ids.map((id, n) => [id, periods[n]])),
    };
  }

  @Post('renew')
  @Needs('operator')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @UseGuards(SameOriginGuard)
  async renew(
    @Body() command: RenewTokenDto,
    @Req() { id, raw, operator }: FastifyRequest,
  ): Promise<TokenRow> {
    const address = clientAddressOf(raw, this.settings.active.trustedProxies);
    const request = await this.renewal.renew(command, { requestId: id, address, operator });
    return this.rows.of(await this.list.one(request));
  }

  @Post('purge')
  @Needs('operator')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @UseGuards(SameOriginGuard)
  purge(@Body() command: PurgeTokensDto, @Req() { id, raw, operator }: FastifyRequest): Promise<PurgeReport> {
    const address = clientAddressOf(raw, this.settings.active.trustedProxies);
    return this.purges.purge(command, { requestId: id, address, operator });
  }
}
