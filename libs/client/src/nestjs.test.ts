import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientScene, consumerCredential } from '../../../test/support/client-scene.js';
import { TokenBrokerModule } from './nestjs.js';
import { TokenBrokerClient } from './token-broker-client.js';

@Injectable()
class Orders {
  constructor(readonly broker: TokenBrokerClient) {}
}

async function ordersWith(...imports: NonNullable<Parameters<typeof Module>[0]['imports']>): Promise<Orders> {
  @Module({ imports, providers: [Orders] })
  class AppModule {}
  const application = await NestFactory.createApplicationContext(AppModule, { logger: false });
  onTestFinished(() => application.close());
  return application.get(Orders);
}

describe('the module for NestJS', () => {
  it('provides a client with options given', async () => {
    const { server } = await clientScene();
    const options = { url: server.url, credential: consumerCredential };
    const { broker } = await ordersWith(TokenBrokerModule.register(options));
    expect((await broker.token({ scopes: 'api:partner' })).accessToken).toBe('not-a-real-token-1');
  });

  it('provides a client with options that other providers make', async () => {
    const { server } = await clientScene();
    const address = { provide: 'ADDRESS', useValue: server.url };
    @Module({ providers: [address], exports: [address] })
    class Configuration {}
    const { broker } = await ordersWith(
      TokenBrokerModule.registerAsync({
        imports: [Configuration],
        inject: ['ADDRESS'],
        useFactory: (url: string) => ({ url, credential: consumerCredential }),
      }),
    );
    await broker.token({ scopes: 'api:partner' });
    expect(server.requests[0]!.authorization).toBe(`Bearer ${consumerCredential}`);
  });

  it('is there for all modules when it is global', async () => {
    const { server } = await clientScene();
    const options = { url: server.url, credential: consumerCredential };
    @Module({ providers: [Orders], exports: [Orders] })
    class OrdersModule {}
    @Module({ imports: [TokenBrokerModule.register({ ...options, isGlobal: true }), OrdersModule] })
    class AppModule {}
    const application = await NestFactory.createApplicationContext(AppModule, { logger: false });
    onTestFinished(() => application.close());
    expect(application.get(Orders, { strict: false }).broker).toBeInstanceOf(TokenBrokerClient);
  });
});
