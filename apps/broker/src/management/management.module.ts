import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Registry } from 'prom-client';
import type { BrokerParts } from '../core/composition.js';
import { FailureFilter } from '../consumer-api/failure.filter.js';
import type { Settings } from '../settings/settings.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { ApiDocs } from './openapi/api-docs.js';
import { ApiDocsController } from './openapi/api-docs.controller.js';
import { OperatorRenewal } from './operator-renewal.js';
import { Overview } from './overview.js';
import { StatusPageController } from './page/status-page.controller.js';
import { Readiness } from './readiness.js';
import { TokenListing } from './token-listing.js';
import { TokenRows } from './token-rows.js';
import { TokensController } from './tokens.controller.js';

/** The operators' side, on a port of its own. */
@Module({})
export class ManagementModule {
  static of(parts: BrokerParts, readiness: Readiness): DynamicModule {
    const { log, registry, overview, tokenListing, tokenRows, operatorRenewal, settings, version } = parts;
    const docs = new ApiDocs(() => consumersAddress(settings.active.settings), version);
    return {
      module: ManagementModule,
      controllers: [
        HealthController,
        MetricsController,
        TokensController,
        StatusPageController,
        ApiDocsController,
      ],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: Readiness, useValue: readiness },
        { provide: Overview, useValue: overview },
        { provide: TokenListing, useValue: tokenListing },
        { provide: TokenRows, useValue: tokenRows },
        { provide: OperatorRenewal, useValue: operatorRenewal },
        { provide: ApiDocs, useValue: docs },
        { provide: APP_FILTER, useValue: new FailureFilter(log) },
      ],
    };
  }
}

function consumersAddress({ publicUrl, listen }: Settings): string {
  return publicUrl?.replace(/\/$/, '') ?? `http://localhost:${listen.port}`;
}
