import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import type { FastifyRequest } from 'fastify';
import { Clock } from '#tokens/clock.js';
import type { FailureCode } from '#tokens/failures.js';
import { TokenBroker } from '#tokens/token-broker.js';
import type { BrokerParts } from './composition.js';
import { Authentication } from './http/authentication.js';
import { FailureFilter } from './http/failure.filter.js';
import { TokenController } from './http/token.controller.js';
import { Ticks } from './schedule/ticks.js';

/** The consumers' side and the schedule, on the parts of a broker. */
@Module({})
export class BrokerModule {
  static of({ log, clock, settings, authentication, broker, sweep, overview }: BrokerParts): DynamicModule {
    return {
      module: BrokerModule,
      imports: [ScheduleModule.forRoot()],
      controllers: [TokenController],
      providers: [
        { provide: Clock, useValue: clock },
        { provide: TokenBroker, useValue: broker },
        { provide: Authentication, useValue: authentication },
        { provide: APP_FILTER, useValue: new FailureFilter(log, noteInExchange) },
        { provide: Ticks, useValue: new Ticks(sweep, settings, overview, log) },
      ],
    };
  }
}

function noteInExchange({ exchange }: FastifyRequest, failure: FailureCode, cause: unknown): void {
  exchange.failure = failure;
  if (cause instanceof Error) exchange.cause = cause.message;
}
