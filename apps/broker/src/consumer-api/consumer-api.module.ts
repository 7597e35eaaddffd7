import { Global, Module } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import type { DestinationStream, Logger } from 'pino';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { Clock } from '#tokens/model/clock.js';
import { TokenSource } from '#tokens/token-broker.js';
import { LOG, LOG_OUTPUT, TRACER } from '../core/broker-options.js';
import { ActiveSettings } from '../core/active-settings.js';
import { ConsumerApiDocument } from '../core/openapi-document.js';
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
        RequestMetrics,
        Clock,
        LOG,
        LOG_OUTPUT,
        TRACER,
      ],
      useFactory: (
        settings: ActiveSettings,
        broker: TokenSource,
        api: ConsumerApiDocument,
        metrics: RequestMetrics,
        clock: Clock,
        log: Logger,
        output: DestinationStream,
        tracer?: Tracer,
      ) => {
        const isKnownScope = (scope: string) => settings.active.isKnownScope(scope);
        const audit = new Audit({ output, log, metrics, clock, isKnownScope });
        const tracing = tracer && new RequestTracing(tracer);
        return new ConsumerServer(
          { settings, broker, api, audit, clock, log, tracing },
          settings.active.settings.listen.tls,
        );
      },
    },
  ],
  exports: [ConsumerServer, ConsumerApiDocument],
})
export class ConsumerApiModule {}
