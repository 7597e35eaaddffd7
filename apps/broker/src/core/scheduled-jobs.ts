import { Inject, Injectable } from '@nestjs/common';
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

/** Milliseconds between two runs of each job. */
const intervals = {
  renewal_sweep: sweepInterval,
  settings_reload: 1_000,
  // Other replicas may know more of clients that fail. Costs nothing while none does.
  client_health_refresh: 5_000,
  // Not at each renewal, which may be hundreds in a second.
  renewal_history: 2_000,
  // Costs nothing while no client has such keys.
  signing_key_rotation: 5_000,
  // Costs nothing while no key set is due.
  key_removal_check: 1_000,
};

type Job = keyof typeof intervals;

export const scheduledJobs = Object.keys(intervals) as Job[];

/** What the broker does at intervals. No job overlaps itself, and none can end another. */
@Injectable()
export class ScheduledJobs {
  readonly #work: Readonly<Record<Job, () => Promise<void>>>;
  readonly #running = new Set<Job>();
  #timers: NodeJS.Timeout[] = [];

  constructor(
    sweep: RenewalSweep,
    settings: ActiveSettings,
    { clients }: BrokerHealth,
    upstream: GuardedAuthorizationServer,
    renewals: RenewalCounter,
    history: RenewalHistory,
    publishedKeys: PublishedKeys,
    keyRemoval: KeyRemoval,
    private readonly metrics: JobMetrics,
    @Inject(LOG) private readonly log: Logger,
  ) {
    this.#work = {
      renewal_sweep: () => sweep.sweep(),
      settings_reload: () => settings.check(),
      client_health_refresh: () => clients.refresh(clients.failing, upstream),
      renewal_history: () => history.add(renewals.take()),
      signing_key_rotation: () => publishedKeys.rotateDue(),
      key_removal_check: () => keyRemoval.check(),
    };
  }

  start(): void {
    this.#timers = scheduledJobs.map((job) => setInterval(() => void this.run(job), intervals[job]));
  }

  stop(): void {
    this.#timers.forEach((timer) => clearInterval(timer));
  }

  async run(job: Job, work = this.#work[job]): Promise<void> {
    if (this.#running.has(job)) return;
    this.#running.add(job);
    try {
      await work();
    } catch (err) {
      this.metrics.failed(job);
      this.log.error({ err, job }, 'scheduled job failed');
    } finally {
      this.#running.delete(job);
    }
  }
}
