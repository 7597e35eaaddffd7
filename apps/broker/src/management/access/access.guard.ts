import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Failure } from '#tokens/model/failures.js';
import { AuditLog } from '../../audit/audit-log.js';
import { ActiveSettings } from '../../core/active-settings.js';
import { clientAddressOf } from '../../core/addresses.js';
import { HttpFailure } from '../../core/failure-response.js';
import type { OperatorRole } from '../../settings/schema/management.js';
import { type Operator, reaches } from './operator.js';
import { Operators } from './operators.js';

/** The role that a controller or one of its routes is for. A route without any is for operators only. */
export const Needs = Reflector.createDecorator<OperatorRole | 'anyone'>();

/** The one place where access to the management port is decided. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly operators: Operators,
    private readonly settings: ActiveSettings,
    private readonly audit: AuditLog,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.getAllAndOverride(Needs, [context.getHandler(), context.getClass()]);
    if (needed === 'anyone') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const operator = await this.operators.identify(request);
    if (operator !== undefined && reaches(operator.role, needed ?? 'operator')) {
      request.operator = operator;
      return true;
    }
    const { authentication, publicUrl } = this.settings.active.settings.management;
    if (operator === undefined && authentication?.oidc !== undefined && isNavigation(request)) {
      throw new HttpFailure(302, 'log in', { location: `${publicUrl}/login`, 'cache-control': 'no-store' });
    }
    const refused = new AccessRefused(operator, needed ?? 'operator');
    this.audit.line(
      'info',
      {
        audit: refused.code,
        by: 'operator',
        requestId: request.id,
        address: clientAddressOf(request.raw, this.settings.active.trustedProxies),
        operator: operator?.name,
        operatorSubject: operator?.subject,
        authentication: operator?.by,
        method: request.method,
        path: request.routeOptions.url,
        ...(operator === undefined && this.operators.expired(request)),
      },
      'operator refused',
    );
    throw refused;
  }
}

/** Whether a browser shows what is answered as a page (Fetch Metadata). */
export function isNavigation({ method, headers }: FastifyRequest): boolean {
  const { 'sec-fetch-mode': mode, accept = '' } = headers;
  return method === 'GET' && (mode === undefined ? accept.includes('text/html') : mode === 'navigate');
}

/** Of a request at the management port. The message is for the one who asked. */
export class AccessRefused extends Failure {
  constructor(operator: Operator | undefined, needed: OperatorRole) {
    super(operator === undefined ? 'invalid_client' : 'access_denied', messageFor(operator, needed));
  }
}

function messageFor(operator: Operator | undefined, needed: OperatorRole): string {
  if (operator === undefined) {
    return 'the management port is for operators: authenticate as management.authentication in the settings says, such as by Authorization: Bearer <key>';
  }
  const { name = 'this operator', role } = operator;
  const has = role === undefined ? 'no role' : `the role ${role}`;
  return `${name} has ${has}, but this requires the role ${needed}; have it granted in management.authentication of the settings`;
}
