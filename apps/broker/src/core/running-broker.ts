import type { AddressInfo } from 'node:net';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BrokerModule } from '../broker.module.js';
import { type BrokerOptions, type BrokerParts, composeBroker } from './composition.js';
import { listeningUrl } from '../consumer-api/listening-url.js';
import { ConsumersServer } from '../consumer-api/consumers-server.js';
import { NestLog } from './log.js';
import { managementAdapter } from '../management/management-adapter.js';
import { ManagementModule } from '../management/management.module.js';
import { Readiness } from '../management/readiness.js';

/** How long requests and renewals in flight may take to finish. */
const stopWithin = 10_000;

/** A broker that listens, until it is stopped. */
export class RunningBroker {
  private constructor(
    private readonly parts: BrokerParts,
    private readonly readiness: Readiness,
    private readonly consumers: INestApplicationContext,
    private readonly management: NestFastifyApplication,
  ) {}

  /** @throws SettingsFault, or the error of a port that is taken */
  static async start(options: Omit<BrokerOptions, 'loaded'>): Promise<RunningBroker> {
    const parts = composeBroker({ ...options, loaded: options.file.load() });
    await parts.settings.start();
    await parts.keeping.open();
    const readiness = new Readiness(parts);
    const logger = new NestLog(options.log);
    const consumers = await NestFactory.createApplicationContext(BrokerModule.of(parts), {
      logger,
      abortOnError: false,
    });
    const management = await NestFactory.create<NestFastifyApplication>(
      ManagementModule.of(parts, readiness),
      managementAdapter(),
      { logger, bodyParser: false, abortOnError: false },
    );
    const running = new RunningBroker(parts, readiness, consumers, management);
    await running.#listen();
    return running;
  }

  get consumersUrl(): string {
    return this.consumers.get(ConsumersServer).url;
  }

  get managementUrl(): string {
    return listeningUrl(this.management.getHttpServer().address() as AddressInfo);
  }

  /** Stops accepting, lets what is in flight finish (10 s at most), and ends. */
  async stop(): Promise<void> {
    this.readiness.stop();
    const deadline = AbortSignal.timeout(stopWithin);
    const finished = this.#finish();
    await Promise.race([finished, new Promise((resolve) => deadline.addEventListener('abort', resolve))]);
  }

  async #listen(): Promise<void> {
    const { listen, management } = this.parts.settings.active.settings;
    try {
      await this.management.listen({ ...management });
      await this.consumers.get(ConsumersServer).listen(listen);
    } catch (error) {
      await this.stop();
      throw error;
    }
    await this.parts.sweep.sweep();
  }

  async #finish(): Promise<void> {
    await this.consumers.get(ConsumersServer).close();
    await this.consumers.close();
    await this.parts.sweep.stop();
    await this.parts.renewal.settled();
    await this.parts.keeping.close();
    await this.management.close();
    await this.parts.settings.close();
  }
}
