import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ConsumerApiModule } from './consumer-api/consumer-api.module.js';
import type { BrokerOptions } from './core/broker-options.js';
import { CoreModule } from './core/core.module.js';
import { Lifecycle } from './lifecycle.js';
import { ManagementModule } from './management/management.module.js';
import type { LoadedSettings } from './settings/load-settings.js';
import { SettingsModule } from './settings/settings.module.js';

/** The broker: one container for both ports, the schedule and what they stand on. */
@Module({})
export class AppModule {
  static forRoot(options: BrokerOptions, loaded: LoadedSettings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ScheduleModule.forRoot(),
        SettingsModule.forRoot(options.file, loaded),
        CoreModule.forRoot(options),
        ConsumerApiModule,
        ManagementModule,
      ],
      providers: [Lifecycle],
    };
  }
}
