import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { BrokerStatus, type ReadinessReport } from './broker-status.js';
import { Needs } from './access/access.guard.js';

@Needs('anyone')
@Controller()
export class HealthController {
  constructor(private readonly status: BrokerStatus) {}

  @Get('livez')
  live(): { status: 'alive' } {
    return { status: 'alive' };
  }

  @Get('readyz')
  ready(@Res({ passthrough: true }) reply: FastifyReply): ReadinessReport {
    const report = this.status.readiness();
    void reply.code(report.status === 'ready' ? 200 : 503);
    return report;
  }
}
