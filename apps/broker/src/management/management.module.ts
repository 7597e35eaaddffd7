import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Registry } from 'prom-client';
import type { BrokerParts } from '../composition.js';
import { FailureFilter } from '../http/failure.filter.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { Readiness } from './readiness.js';

/** The operators' side, on a port of its own. */
@Module({})
export class ManagementModule {
  static of({ log, registry }: BrokerParts, readiness: Readiness): DynamicModule {
    return {
      module: ManagementModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: Readiness, useValue: readiness },
        { provide: APP_FILTER, useValue: new FailureFilter(log) },
      ],
    };
  }
}
