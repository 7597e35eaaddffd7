import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Registry } from 'prom-client';
import type { BrokerParts } from '../composition.js';
import { FailureFilter } from '../http/failure.filter.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
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
    const { log, registry, overview, tokenListing, tokenRows, operatorRenewal } = parts;
    return {
      module: ManagementModule,
      controllers: [HealthController, MetricsController, TokensController, StatusPageController],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: Readiness, useValue: readiness },
        { provide: Overview, useValue: overview },
        { provide: TokenListing, useValue: tokenListing },
        { provide: TokenRows, useValue: tokenRows },
        { provide: OperatorRenewal, useValue: operatorRenewal },
        { provide: APP_FILTER, useValue: new FailureFilter(log) },
      ],
    };
  }
}
