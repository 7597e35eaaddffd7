import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { promtool } from '#test/promtool.js';
import { runningScene } from '#test/running.js';
import { healthyDay } from './healthy-day.js';
import { folder, unitTestFiles } from './rule-files.js';

/** Milliseconds in which what is missing here can be installed, and a day can be evaluated. */
const patience = 300_000;

describe('deploy/prometheus, as promtool sees it', () => {
  it('has rules and a configuration without a fault', { timeout: patience }, async () => {
    const rules = ['check', 'rules', `${folder}rules.yaml`, `${folder}alerts.yaml`];
    expect(await promtool(rules)).toMatchObject({ status: 0 });
    const configuration = ['check', 'config', `${folder}prometheus.yaml`];
    expect(await promtool(configuration)).toMatchObject({ status: 0 });
  });

  it.each(unitTestFiles)('fires and resolves as %s says', { timeout: patience }, async (file) => {
    const { status, output } = await promtool(['test', 'rules', `${folder}${file}`]);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  it('fires nothing on a healthy day', { timeout: patience }, async () => {
    const { status, output } = await promtool(['test', 'rules', healthyDayFile()]);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});

describe('the metrics of a broker', () => {
  it('are as Prometheus wants metrics to be', { timeout: patience }, async () => {
    const { broker, key } = await runningScene();
    expect(await broker.get('/token', key)).toMatchObject({ status: 200 });
    // Names of prom-client's own, which dashboards of others count on.
    const itsOwn = /^nodejs_active_\w+_total non-counter metrics should not have "_total" suffix$/;
    const { output } = await promtool(['check', 'metrics'], await broker.metrics());
    const faults = output.split('\n').filter((line) => line !== '' && !itsOwn.test(line));
    expect(faults).toEqual([]);
  });
});

function healthyDayFile(): string {
  const place = mkdtempSync(join(tmpdir(), 'healthy-day-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const renewed = 'sum(increase(token_broker_renewals_total{outcome="ok"}[1d])) > bool 500';
  const day = {
    rule_files: [`${folder}rules.yaml`, `${folder}alerts.yaml`],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: healthyDay(),
        promql_expr_test: [
          { expr: 'sum_over_time(ALERTS{alertstate="firing"}[1d])', eval_time: '1d', exp_samples: [] },
          { expr: renewed, eval_time: '1d', exp_samples: [{ labels: '{}', value: 1 }] },
        ],
      },
    ],
  };
  const file = join(place, 'healthy-day.yaml');
  writeFileSync(file, stringify(day));
  return file;
}
