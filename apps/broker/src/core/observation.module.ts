import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Registry } from 'prom-client';
import { ConsumerActivities } from '#consumers/consumer-activity.js';
import { exposeDroppedLines, JobMetrics } from '#metrics/process-metrics.js';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { SettingsMetrics } from '#metrics/settings-metrics.js';
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
  replicaName,
  TRACER,
  VERSION,
} from './broker-options.js';
import { factory } from './factory.js';
import { scheduledJobs } from './scheduled-jobs.js';
import { RenewalCounter } from './renewal-counter.js';
import { TokenEventLog } from './token-event-log.js';

/** What all else reports to: the log, metrics, traces and the health of this replica; and the clock that dates it. */
@Module({})
export class ObservationModule {
  static forRoot(options: BrokerOptions): DynamicModule {
    const providers = observers(options);
    return { module: ObservationModule, global: true, providers, exports: providers };
  }
}

function observers({ log, output, version }: BrokerOptions): Provider[] {
  return [
    { provide: LOG, useValue: log },
    { provide: LOG_OUTPUT, useValue: output },
    { provide: VERSION, useValue: version },
    { provide: REPLICA_NAME, useFactory: () => replicaName(process.env['HOSTNAME']) },
    { provide: TRACER, useFactory: loadedTracer },
    { provide: Clock, useClass: SystemClock },
    { provide: Registry, useFactory: () => observed(output) },
    factory(RequestMetrics, [Registry], (registry) => new RequestMetrics(registry)),
    factory(TokenMetrics, [Registry], (registry) => new TokenMetrics(registry)),
    factory(JobMetrics, [Registry], (registry) => new JobMetrics(registry, scheduledJobs)),
    factory(
      SettingsMetrics,
      [Registry],
      (registry) => new SettingsMetrics(registry, { version, node: process.version }),
    ),
    ConsumerActivities,
    factory(
      AuditLog,
      [LoadedSettings, REPLICA_NAME],
      ({ settings: { audit } }, replica) =>
        new AuditLog({
          output,
          names: namesOf(audit.fields),
          origin: { service: 'token-broker', version, replica },
          chain: audit.chainKey && new AuditChain(Buffer.from(audit.chainKey.reveal(), 'base64')),
        }),
    ),
    factory(BrokerHealth, [Clock], (clock) => new BrokerHealth(clock)),
    factory(RenewalCounter, [Clock], (clock) => new RenewalCounter(clock)),
    factory(
      TokenEvents,
      [TokenMetrics, BrokerHealth, RenewalCounter, LOG],
      (metrics, health, renewals, logger) =>
        broadcast([metrics, health, renewals, new TokenEventLog(logger)]),
    ),
  ];
}

function observed(output: LogOutput): Registry {
  const registry = new Registry();
  exposeDroppedLines(registry, () => output.droppedLines ?? 0);
  return registry;
}

function broadcast(listeners: readonly TokenEvents[]): TokenEvents {
  return {
    emit(event: TokenEvent) {
      for (const listener of listeners) listener.emit(event);
    },
  };
}
