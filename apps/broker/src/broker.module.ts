import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { BrokerParts } from './core/composition.js';
import { ConsumersServer } from './consumer-api/consumers-server.js';
import { TokenEndpoint } from './consumer-api/token-endpoint.js';
import { Ticks } from './core/scheduled-jobs.js';

/** The consumers' side and the schedule, on the parts of a broker. */
@Module({})
export class BrokerModule {
  static of(parts: BrokerParts): DynamicModule {
    const { log, clock, settings, audit, broker, sweep, overview, tracer } = parts;
    const tokens = new TokenEndpoint({
      consumers: () => settings.active.consumers,
      broker,
      audit,
      clock,
    });
    const publicUrl = () => settings.active.settings.publicUrl;
    const consumers = new ConsumersServer({ tokens, audit, clock, log, publicUrl, tracer });
    return {
      module: BrokerModule,
      imports: [ScheduleModule.forRoot()],
      providers: [
        { provide: ConsumersServer, useValue: consumers },
        { provide: Ticks, useValue: new Ticks(sweep, settings, overview, log) },
      ],
    };
  }
}
