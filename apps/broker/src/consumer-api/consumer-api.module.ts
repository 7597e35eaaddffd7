import { Global, Module } from '@nestjs/common';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { Clock } from '#tokens/model/clock.js';
import { TokenSource } from '#tokens/token-broker.js';
import { AuditLog } from '../audit/audit-log.js';
import { LOG, TRACER } from '../core/broker-options.js';
import { ActiveSettings } from '../core/active-settings.js';
import { factory } from '../core/factory.js';
import { ConsumerApiDocument } from '../core/openapi-document.js';
import { PublishedKeys } from '../core/published-keys.js';
import { OpenApiFile } from './openapi.js';
import { Audit } from './audit.js';
import { ConsumerServer } from './server.js';
import { RequestTracing } from './tracing.js';

const providers = [
  { provide: ConsumerApiDocument, useClass: OpenApiFile },
  factory(
    Audit,
    [ActiveSettings, RequestMetrics, Clock, AuditLog],
    (settings, metrics, clock, log) => new Audit({ settings, metrics, clock, log }),
  ),
  factory(
    ConsumerServer,
    [ActiveSettings, TokenSource, ConsumerApiDocument, PublishedKeys, Audit, Clock, LOG, TRACER],
    (settings, broker, api, publishedKeys, audit, clock, log, tracer) => {
      const tracing = tracer && new RequestTracing(tracer);
      const parts = { settings, broker, api, publishedKeys, audit, clock, log, tracing };
      return new ConsumerServer(parts, settings.active.settings.listen.tls);
    },
  ),
];

/** The consumers' port. */
@Global()
@Module({ providers, exports: providers })
export class ConsumerApiModule {}
