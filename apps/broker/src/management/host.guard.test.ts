import { hostname } from 'node:os';
import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { HostGuard } from './host.guard.js';

const guard = new HostGuard({
  active: { settings: { management: { hosts: ['broker.ops.example'] } } },
} as never);

const visit = (host: string | undefined) => () =>
  guard.canActivate({
    switchToHttp: () => ({ getRequest: () => ({ headers: { host } }) }),
  } as unknown as ExecutionContext);

describe('DNS rebinding onto the management port', () => {
  it.each([
    '127.0.0.1:9090',
    '10.1.2.3',
    '[::1]:9090',
    '[fd00::1]',
    'localhost:9090',
    'LocalHost',
    'broker.localhost',
    'token-broker',
    'token-broker.payments.svc',
    'token-broker.payments.svc.cluster.local.:9090',
    'broker.internal',
    hostname(),
    'broker.ops.example:9090',
    'Broker.Ops.Example.',
    undefined,
  ])('is not seen in the host name %s', (host) => {
    expect(visit(host)()).toBe(true);
  });

  it.each([
    'attacker.example:9090',
    'attacker.example.',
    '127.0.0.1.nip.example',
    'localhost.attacker.example',
    'evilsvc.example',
    'xlocalhost.example',
    'ops.example',
    'sub.broker.ops.example',
    '[::1].attacker.example',
    'attacker.example:80:90',
    '',
    'user@localhost',
  ])('is refused with 421 by the host name %s', (host) => {
    expect(visit(host)).toThrow(expect.objectContaining({ status: 421 }));
  });
});
