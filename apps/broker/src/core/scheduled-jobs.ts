import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Logger } from 'pino';
import { JobMetrics } from '#metrics/schedule-metrics.js';
import { GuardedAuthorizationServer } from '#tokens/upstream.js';
import { RenewalSweep, sweepInterval } from '#tokens/renewal-sweep.js';
import { BrokerHealth } from './broker-health.js';
import { LOG } from './broker-options.js';
import { ActiveSettings } from './active-settings.js';

export const scheduledJobs = ['renewal_sweep', 'settings_reload', 'client_health_refresh'] as const;

type Job = (typeof scheduledJobs)[number];

/** What the broker does at intervals. No job overlaps itself, and none can end another. */
@Injectable()
export class ScheduledJobs {
  readonly #running = new Set<Job>();

  constructor(
    private readonly sweep: RenewalSweep,
    private readonly settings: ActiveSettings,
    private readonly health: BrokerHealth,
    private readonly upstream: GuardedAuthorizationServer,
    private readonly metrics: JobMetrics,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  @Interval(sweepInterval)
  async renewDueTokens(): Promise<void> {
    await this.#run('renewal_sweep', () => this.sweep.sweep());
  }

  @Interval(1_000)
  async reloadSettings(): Promise<void> {
    await this.#run('settings_reload', () => this.settings.check());
  }

  /** Other replicas may know more of clients that fail. Costs nothing while none does. */
  @Interval(5_000)
  async refreshClientHealth(): Promise<void> {
    const { clients } = this.health;
    await this.#run('client_health_refresh', () => clients.refresh(clients.failing, this.upstream));
  }

  async #run(job: Job, act: () => Promise<void>): Promise<void> {
    if (this.#running.has(job)) return;
    this.#running.add(job);
    try {
      await act();
    } catch (err) {
      this.metrics.failed(job);
      this.log.error({ err, job }, 'scheduled job failed');
    } finally {
      this.#running.delete(job);
    }
  }
}
