import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
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
    await jobs.run('renewal_sweep');
    await jobs.run('renewal_sweep');
    await jobs.run('settings_reload');
    await jobs.run('client_health_refresh');
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
    const first = jobs.run('renewal_sweep');
    await jobs.run('renewal_sweep');
    await jobs.run('settings_reload');
    expect([sweeps, checks]).toEqual([1, 1]);
    resolve();
    await first;
    await jobs.run('renewal_sweep');
    expect(sweeps).toBe(2);
  });

  it('run at their intervals from start to stop', async () => {
    vi.useFakeTimers();
    let [sweeps, checks] = [0, 0];
    const { jobs } = jobsWith(
      async () => void sweeps++,
      async () => void checks++,
    );
    await vi.advanceTimersByTimeAsync(10_000);
    expect([sweeps, checks]).toEqual([0, 0]);
    jobs.start();
    await vi.advanceTimersByTimeAsync(3_000);
    jobs.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    expect([sweeps, checks]).toEqual([3, 3]);
  });
});
