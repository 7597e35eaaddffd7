import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { JobMetrics } from '#metrics/process-metrics.js';
import { FakeClock } from '#test/fake-clock.js';
import { BrokerHealth } from './broker-health.js';
import { createLog } from './log.js';
import { ScheduledJobs, scheduledJobs } from './scheduled-jobs.js';

function jobsWith(sweep: () => Promise<void>, check = async () => {}) {
  const registry = new Registry();
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line) => void lines.push(JSON.parse(line)) });
  const health = new BrokerHealth(new FakeClock());
  const jobs = new ScheduledJobs(
    { sweep } as never,
    { check } as never,
    health,
    {} as never,
    { take: () => [] } as never,
    { add: async () => {} } as never,
    { rotateDue: async () => {} } as never,
    { check: async () => {} } as never,
    new JobMetrics(registry, scheduledJobs),
    log,
  );
  return { jobs, lines, failures: () => registry.metrics() };
}

describe('scheduled jobs', () => {
  it('count and log a failure by the name of the job, and run again', async () => {
    let runs = 0;
    const { jobs, lines, failures } = jobsWith(async () => {
      runs++;
      throw new Error('broken');
    });
    await jobs.renewDueTokens();
    await jobs.renewDueTokens();
    await jobs.reloadSettings();
    await jobs.refreshClientHealth();
    expect(runs).toBe(2);
    expect(await failures()).toContain('scheduled_job_failures_total{job="renewal_sweep"} 2');
    expect(await failures()).toContain('scheduled_job_failures_total{job="settings_reload"} 0');
    expect(lines).toMatchObject([
      { level: 'error', job: 'renewal_sweep', err: { message: 'broken' } },
      { job: 'renewal_sweep' },
    ]);
  });

  it('never overlap themselves, and do not wait for each other', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let [sweeps, checks] = [0, 0];
    const { jobs } = jobsWith(
      () => (sweeps++, promise),
      async () => void checks++,
    );
    const first = jobs.renewDueTokens();
    await jobs.renewDueTokens();
    await jobs.reloadSettings();
    expect([sweeps, checks]).toEqual([1, 1]);
    resolve();
    await first;
    await jobs.renewDueTokens();
    expect(sweeps).toBe(2);
  });
});
