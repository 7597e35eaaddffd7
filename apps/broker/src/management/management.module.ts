import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Logger } from 'pino';
import { LOG, VERSION } from '../core/broker-options.js';
import { ActiveSettings } from '../core/active-settings.js';
import type { Settings } from '../settings/settings.js';
import { BrokerStatus } from './broker-status.js';
import { FailureFilter } from './failure.filter.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { ApiDocs } from './openapi/api-docs.js';
import { ApiDocsController } from './openapi/api-docs.controller.js';
import { StatusPageController } from './page/status-page.controller.js';
import { OperatorRenewal } from './renewal.js';
import { TokenListing } from './token-listing.js';
import { TokenRows } from './token-rows.js';
import { TokensController } from './tokens.controller.js';

/** The operators' port. */
@Module({
  controllers: [
    HealthController,
    MetricsController,
    TokensController,
    StatusPageController,
    ApiDocsController,
  ],
  providers: [
    BrokerStatus,
    TokenListing,
    TokenRows,
    OperatorRenewal,
    {
      provide: ApiDocs,
      inject: [ActiveSettings, VERSION],
      useFactory: (settings: ActiveSettings, version: string) =>
        new ApiDocs(() => consumersAddress(settings.active.settings), version),
    },
    { provide: APP_FILTER, inject: [LOG], useFactory: (log: Logger) => new FailureFilter(log) },
  ],
})
export class ManagementModule {}

function consumersAddress({ publicUrl, listen }: Settings): string {
  return publicUrl?.replace(/\/$/, '') ?? `http://localhost:${listen.port}`;
}
