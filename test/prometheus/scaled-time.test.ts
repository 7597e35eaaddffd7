import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { folder } from './rule-files.js';
import { inScaledTime, scaled } from './scaled-time.js';

it('makes a day half a minute, and nothing shorter than six scrapes', () => {
  expect(['3d', '1d', '6h', '2h', '5m', '30s'].map(scaled)).toEqual([90, 30, 8, 6, 6, 6]);
});

it('leaves no duration of the rules as it was', () => {
  const [alerts, rules] = ['alerts.yaml', 'rules.yaml'].map((file) =>
    inScaledTime(readFileSync(`${folder}${file}`, 'utf8')),
  );
  expect(`${alerts}${rules}`).not.toMatch(/\[\d+[mhd]\]|for: \d+[mhd]$/m);
  expect(alerts).toContain('max by (namespace, job) (token_broker_renewal_overdue_seconds) > 6\n');
  expect(alerts).toContain('expr: abs(token_broker_clock_skew_seconds) > 6\n');
});
