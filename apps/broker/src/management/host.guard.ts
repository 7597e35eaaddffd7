import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ActiveSettings } from '../core/active-settings.js';
import { HttpFailure } from '../core/failure-response.js';

/** Names that no attacker can have resolved by public DNS: RFC 6761, ICANN's `.internal`, Kubernetes' `.svc` and domain. */
const privateNames = /(^|\.)(localhost|internal|svc|cluster\.local)$/;

/**
 * Stops DNS rebinding: a page of another site whose name resolves to this address passes for the same origin in an
 * operator's browser, and names that site in `Host`. The name is checked whether the port needs a log-in or not.
 */
@Injectable()
export class HostGuard implements CanActivate {
  constructor(private readonly settings: ActiveSettings) {}

  canActivate(context: ExecutionContext): boolean {
    const failure = this.refusalOf(context.switchToHttp().getRequest<FastifyRequest>());
    if (failure !== undefined) throw failure;
    return true;
  }

  /** Of paths that no route has, too: no guard sees them. */
  refusalOf({ headers: { host } }: Pick<FastifyRequest, 'headers'>): HttpFailure | undefined {
    // HTTP/1.0: no browser sends it.
    if (host === undefined || this.#isOurs(nameOf(host))) return undefined;
    return new HttpFailure(
      421,
      'this host name is not allowed for the management port; use its IP address, or add the name to management.hosts',
    );
  }

  #isOurs(name: string): boolean {
    if (isIP(name) !== 0 || privateNames.test(name)) return true;
    // Without a dot it is resolved by the local search list: a container's or Service's name.
    if (/^[a-z0-9_-]+$/.test(name) || name === hostname().toLowerCase()) return true;
    return this.settings.active.settings.management.hosts.includes(name);
  }
}

/** Without port, brackets of an IPv6 address and the root dot. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
