import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** deploy/prometheus. */
export const folder = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

export interface Alert {
  alert: string;
  expr: string;
  /** Such as `5m`; without it the alert fires at once. */
  for?: string;
  labels: Record<string, string>;
  annotations: { summary: string; description: string; runbook_url: string };
}

export interface Recording {
  record: string;
  expr: string;
}

interface RuleFile<Rule> {
  groups: { name: string; rules: Rule[] }[];
}

export interface UnitTests {
  tests: { name: string; alert_rule_test?: AlertTest[]; promql_expr_test?: { expr: string }[] }[];
}

export interface AlertTest {
  alertname: string;
  eval_time: string;
  exp_alerts?: object[];
}

export const alerts = rulesOf<Alert>('alerts.yaml');
export const recordings = rulesOf<Recording>('rules.yaml');
export const unitTestFiles = globSync('tests/*.yaml', { cwd: folder }).toSorted();
export const unitTests = unitTestFiles.flatMap((file) => (read(file) as UnitTests).tests);

function rulesOf<Rule>(file: string): Rule[] {
  return (read(file) as RuleFile<Rule>).groups.flatMap(({ rules }) => rules);
}

function read(file: string): unknown {
  return parse(readFileSync(`${folder}${file}`, 'utf8'));
}
