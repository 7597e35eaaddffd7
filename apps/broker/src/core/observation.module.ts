import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { ConsumerActivities } from '#consumers/consumer-activity.js';
import { exposeDroppedLines } from '#metrics/log-metrics.js';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { SettingsMetrics } from '#metrics/settings-metrics.js';
import { JobMetrics } from '#metrics/schedule-metrics.js';
import { TokenMetrics } from '#metrics/token-metrics.js';
import { Clock, SystemClock } from '#tokens/model/clock.js';
import { type TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';
import { loadedTracer } from '#traces/tracer.js';
import { AuditChain } from '../audit/audit-chain.js';
import { namesOf } from '../audit/audit-fields.js';
import { AuditLog } from '../audit/audit-log.js';
import { LoadedSettings } from '../settings/load-settings.js';
import { BrokerHealth } from './broker-health.js';
import {
  type BrokerOptions,
  LOG,
  type LogOutput,
  LOG_OUTPUT,
  REPLICA_NAME,
  TRACER,
  VERSION,
} from './broker-options.js';
import { scheduledJobs } from './scheduled-jobs.js';
import { replicaName } from './replica-name.js';
import { RenewalCounter } from './renewal-counter.js';
import { TokenEventLog } from './token-event-log.js';

/** What all else reports to: the log, metrics, traces and the health of this replica; and the clock that dates it. */
@Module({})
export class ObservationModule {
  static forRoot({ log, output, version }: BrokerOptions): DynamicModule {
    return {
      module: ObservationModule,
      global: true,
      providers: [
        { provide: LOG, useValue: log },
        { provide: LOG_OUTPUT, useValue: output },
        { provide: VERSION, useValue: version },
        { provide: REPLICA_NAME, useFactory: () => replicaName(process.env['HOSTNAME']) },
        { provide: TRACER, useFactory: loadedTracer },
        { provide: Clock, useClass: SystemClock },
        { provide: Registry, useFactory: () => observed(output) },
        metrics(RequestMetrics),
        metrics(TokenMetrics),
        {
          provide: JobMetrics,
          inject: [Registry],
          useFactory: (registry: Registry) => new JobMetrics(registry, scheduledJobs),
        },
        {
          provide: SettingsMetrics,
          inject: [Registry],
          useFactory: (registry: Registry) =>
            new SettingsMetrics(registry, { version, node: process.version }),
        },
        { provide: ConsumerActivities, useClass: ConsumerActivities },
        {
          provide: AuditLog,
          inject: [LoadedSettings, REPLICA_NAME],
          useFactory: ({ settings: { audit } }: LoadedSettings, replica: string) =>
            new AuditLog({
              output,
              names: namesOf(audit.fields),
              origin: { service: 'token-broker', version, replica },
              chain: audit.chainKey && new AuditChain(Buffer.from(audit.chainKey.reveal(), 'base64')),
            }),
        },
        {
          provide: BrokerHealth,
          inject: [Clock],
          useFactory: (clock: Clock) => new BrokerHealth(clock),
        },
        {
          provide: RenewalCounter,
          inject: [Clock],
          useFactory: (clock: Clock) => new RenewalCounter(clock),
        },
        {
          provide: TokenEvents,
          inject: [TokenMetrics, BrokerHealth, RenewalCounter, LOG],
          useFactory: (
            tokenMetrics: TokenMetrics,
            health: BrokerHealth,
            renewals: RenewalCounter,
            logger: Logger,
          ) => broadcast([tokenMetrics, health, renewals, new TokenEventLog(logger)]),
        },
      ],
      exports: [
        LOG,
        LOG_OUTPUT,
        VERSION,
        REPLICA_NAME,
        TRACER,
        Clock,
        Registry,
        RequestMetrics,
        TokenMetrics,
        JobMetrics,
        SettingsMetrics,
        ConsumerActivities,
        AuditLog,
        BrokerHealth,
        RenewalCounter,
        TokenEvents,
      ],
    };
  }
}

function observed(output: LogOutput): Registry {
  const registry = new Registry();
  exposeDroppedLines(registry, () => output.droppedLines ?? 0);
  return registry;
}

function metrics<T>(provide: new (registry: Registry) => T) {
  return { provide, inject: [Registry], useFactory: (registry: Registry) => new provide(registry) };
}

function broadcast(listeners: readonly TokenEvents[]): TokenEvents {
  return {
    emit(event: TokenEvent) {
      for (const listener of listeners) listener.emit(event);
    },
  };
}
