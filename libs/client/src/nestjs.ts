import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { TokenBrokerClient, type TokenBrokerClientOptions } from './token-broker-client.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<TokenBrokerClientOptions>({ moduleName: 'TokenBroker' })
    .setExtras({ isGlobal: false }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();

/** Provides a `TokenBrokerClient`: by `register(options)`, or by `registerAsync({ useFactory, inject, imports })`. */
@Module({
  providers: [
    {
      provide: TokenBrokerClient,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: TokenBrokerClientOptions) => new TokenBrokerClient(options),
    },
  ],
  exports: [TokenBrokerClient],
})
export class TokenBrokerModule extends ConfigurableModuleClass {}
