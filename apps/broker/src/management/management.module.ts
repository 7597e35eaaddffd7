import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import type { Logger } from 'pino';
import { ActiveSettings } from '../core/active-settings.js';
import { LOG } from '../core/broker-options.js';
import { BrokerStatus } from './broker-status.js';
import { ConsumersController } from './consumers.controller.js';
import { EntitlementsController } from './entitlements.controller.js';
import { AccessGuard } from './access/access.guard.js';
import { LoginController } from './access/login.controller.js';
import { OidcLogin } from './access/oidc-login.js';
import { Operators } from './access/operators.js';
import { Sessions } from './access/sessions.js';
import { FailureFilter } from './failure.filter.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { DocsController } from './docs.controller.js';
import { StatusPageController } from './page/status-page.controller.js';
import { OperatorPurge } from './purge.js';
import { RunbookController } from './runbook/runbook.controller.js';
import { OperatorRenewal } from './renewal.js';
import { HostGuard } from './host.guard.js';
import { TokenList } from './token-list.js';
import { TokenRows } from './token-rows.js';
import { validationPipe } from './validation.js';
import { TokensController } from './tokens.controller.js';

/** The operators' port. */
@Module({
  controllers: [
    HealthController,
    MetricsController,
    TokensController,
    EntitlementsController,
    ConsumersController,
    StatusPageController,
    RunbookController,
    DocsController,
    LoginController,
  ],
  providers: [
    BrokerStatus,
    TokenList,
    TokenRows,
    OperatorRenewal,
    OperatorPurge,
    Operators,
    Sessions,
    OidcLogin,
    // In this order.
    { provide: APP_GUARD, useClass: HostGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_PIPE, useFactory: validationPipe },
    {
      provide: APP_FILTER,
      inject: [LOG, ActiveSettings],
      useFactory: (log: Logger, settings: ActiveSettings) => {
        const publicUrl = () => {
          const { authentication, publicUrl: url } = settings.active.settings.management;
          return authentication?.oidc && url;
        };
        return new FailureFilter(log, publicUrl, new HostGuard(settings));
      },
    },
  ],
})
export class ManagementModule {}
