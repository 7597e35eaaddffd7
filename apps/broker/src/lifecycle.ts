import { setTimeout as pause } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { isLoopback } from '#http/secure-url.js';
import { RenewalSweep } from '#tokens/renewal-sweep.js';
import { TokenRenewal } from '#tokens/token-renewal.js';
import { AuditLog } from './audit/audit-log.js';
import { ConsumerServer } from './consumer-api/server.js';
import { BrokerHealth } from './core/broker-health.js';
import { LOG } from './core/broker-options.js';
import { listeningUrl } from './core/http-listener.js';
import { renewCertificate } from './core/tls.js';
import { ActiveSettings } from './core/active-settings.js';
import { TokenStorage } from './core/store.module.js';

/** Milliseconds for requests and renewals in flight to finish after connections have been drained. */
const stopWithin = 7_500;

/** The order in which the broker starts and stops, all of it in one place. */
@Injectable()
export class Lifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly settings: ActiveSettings,
    private readonly storage: TokenStorage,
    private readonly health: BrokerHealth,
    private readonly sweep: RenewalSweep,
    private readonly renewal: TokenRenewal,
    private readonly consumers: ConsumerServer,
    private readonly management: HttpAdapterHost<FastifyAdapter>,
    private readonly audit: AuditLog,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  get consumersUrl(): string {
    return this.consumers.url;
  }

  get managementUrl(): string {
    return listeningUrl(this.management.httpAdapter.getHttpServer());
  }

  /** Before any scheduled job runs. */
  async onModuleInit(): Promise<void> {
    await this.storage.open();
    await this.settings.resumeTrials();
  }

  /** @throws Error of a port that is taken */
  async onApplicationBootstrap(): Promise<void> {
    const { listen, management } = this.settings.active.settings;
    await this.management.httpAdapter.getInstance().listen({ host: management.host, port: management.port });
    await this.consumers.listen(listen);
    this.settings.whenReplaced((next) => {
      this.consumers.renewCertificate(next.listen.tls);
      renewCertificate(this.management.httpAdapter.getHttpServer(), next.management.tls);
    });
    if (listen.tls === undefined && !isLoopback(new URL(this.consumersUrl))) {
      this.log.warn(
        { host: listen.host },
        'API keys and tokens cross the network in plain HTTP: set listen.tls, unless a mesh or proxy encrypts',
      );
    }
    this.log.info({ consumers: this.consumersUrl, management: this.managementUrl }, 'listening');
    await this.sweep.sweep();
  }

  /**
   * Readiness fails first, so that no new client is sent here. On SIGTERM connections are drained for `drainTime`; then
   * the port is closed, and what is in flight finishes.
   */
  async beforeApplicationShutdown(signal?: string): Promise<void> {
    this.log.info({ signal }, 'stopping');
    this.health.stop();
    this.consumers.drain();
    if (signal === 'SIGTERM') await pause(this.settings.active.settings.drainTime);
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, stopWithin).unref());
    await Promise.race([this.#finish(), deadline]);
    this.management.httpAdapter.getHttpServer().closeAllConnections();
  }

  onApplicationShutdown(): void {
    this.log.info('stopped');
    this.audit.end();
  }

  async #finish(): Promise<void> {
    await this.consumers.close();
    await this.sweep.stop();
    await this.renewal.settled();
    await this.storage.close();
    await this.management.httpAdapter.getInstance().close();
    await this.settings.close();
  }
}
