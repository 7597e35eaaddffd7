import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Logger } from 'pino';
import { JobMetrics } from '#metrics/process-metrics.js';
import { GuardedAuthorizationServer } from '#tokens/upstream.js';
import { KeyRemoval } from '#tokens/key-removal.js';
import { RenewalSweep, sweepInterval } from '#tokens/renewal-sweep.js';
import { RenewalHistory } from '#tokens/ports/renewal-history.js';
import { BrokerHealth } from './broker-health.js';
import { LOG } from './broker-options.js';
import { RenewalCounter } from './renewal-counter.js';
import { PublishedKeys } from './published-keys.js';
import { ActiveSettings } from './active-settings.js';

export const scheduledJobs = [
  'renewal_sweep',
  'settings_reload',
  'client_health_refresh',
  'renewal_history',
  'signing_key_rotation',
  'key_removal_check',
] as const;

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
    private readonly renewals: RenewalCounter,
    private readonly history: RenewalHistory,
    private readonly publishedKeys: PublishedKeys,
    private readonly keyRemoval: KeyRemoval,
    private readonly metrics: JobMetrics,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  @Interval(sweepInterval)
  async renewDueTokens(): Promise<void> {
    await this.#run('renewal_sweep', () => this.sweep.sweep());
  }

  @Interval(1_000)
  async reloadSettings(isWhole = false): Promise<void> {
    await this.#run('settings_reload', () => this.settings.check(isWhole));
  }

  /** Other replicas may know more of clients that fail. Costs nothing while none does. */
  @Interval(5_000)
  async refreshClientHealth(): Promise<void> {
    const { clients } = this.health;
    await this.#run('client_health_refresh', () => clients.refresh(clients.failing, this.upstream));
  }

  /** Not at each renewal, which may be hundreds in a second. */
  @Interval(2_000)
  async recordRenewals(): Promise<void> {
    await this.#run('renewal_history', () => this.history.add(this.renewals.take()));
  }

  /** Costs nothing while no client has such keys. */
  @Interval(5_000)
  async rotateSigningKeys(): Promise<void> {
    await this.#run('signing_key_rotation', () => this.publishedKeys.rotateDue());
  }

  /** Costs nothing while no key set is due. */
  @Interval(1_000)
  async checkKeyRemoval(): Promise<void> {
    await this.#run('key_removal_check', () => this.keyRemoval.check());
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
