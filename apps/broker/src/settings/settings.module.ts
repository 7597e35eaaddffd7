import { type DynamicModule, Module } from '@nestjs/common';
import { LoadedSettings } from './load-settings.js';
import { SettingsFile } from './settings-file.js';

/** The settings file, and what it held at the start. */
@Module({})
export class SettingsModule {
  static forRoot(file: SettingsFile, loaded: LoadedSettings): DynamicModule {
    return {
      module: SettingsModule,
      global: true,
      providers: [
        { provide: SettingsFile, useValue: file },
        { provide: LoadedSettings, useValue: loaded },
      ],
      exports: [SettingsFile, LoadedSettings],
    };
  }
}
