import { Global, Module } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { Clock } from '#tokens/model/clock.js';
import { TokenSource } from '#tokens/token-broker.js';
import { AuditLog } from '../audit/audit-log.js';
import { LOG, TRACER } from '../core/broker-options.js';
import { ActiveSettings } from '../core/active-settings.js';
import { ConsumerApiDocument } from '../core/openapi-document.js';
import { PublishedKeys } from '../core/published-keys.js';
import { OpenApiFile } from './openapi.js';
import { Audit } from './audit.js';
import { ConsumerServer } from './server.js';
import { RequestTracing } from './tracing.js';

/** The consumers' port. */
@Global()
@Module({
  providers: [
    { provide: ConsumerApiDocument, useClass: OpenApiFile },
    {
      provide: ConsumerServer,
      inject: [
        ActiveSettings,
        TokenSource,
        ConsumerApiDocument,
        PublishedKeys,
        RequestMetrics,
        Clock,
        LOG,
        AuditLog,
        TRACER,
      ],
      useFactory: (
        settings: ActiveSettings,
        broker: TokenSource,
        api: ConsumerApiDocument,
        publishedKeys: PublishedKeys,
        metrics: RequestMetrics,
        clock: Clock,
        log: Logger,
        auditLog: AuditLog,
        tracer?: Tracer,
      ) => {
        const isKnownScope = (scope: string) => settings.active.isKnownScope(scope);
        const trustedProxies = () => settings.active.trustedProxies;
        const audit = new Audit({ log: auditLog, metrics, clock, isKnownScope, trustedProxies });
        const tracing = tracer && new RequestTracing(tracer);
        return new ConsumerServer(
          { settings, broker, api, publishedKeys, audit, clock, log, tracing },
          settings.active.settings.listen.tls,
        );
      },
    },
  ],
  exports: [ConsumerServer, ConsumerApiDocument],
})
export class ConsumerApiModule {}
