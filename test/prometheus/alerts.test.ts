import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { knownMetrics } from './known-metrics.js';
import { groupedBy, usesIn } from './promql.js';
import { alerts, recordings, unitTests } from './rule-files.js';

const runbook = readFileSync(
  new URL('../../apps/broker/src/management/runbook/runbook.md', import.meta.url),
  'utf8',
);
const [, ...sections] = runbook.split(/^## /m);
const logPage = readFileSync(new URL('../../docs/reference/log.md', import.meta.url), 'utf8');
const metricsPage = readFileSync(new URL('../../docs/reference/metrics.md', import.meta.url), 'utf8');
const names = alerts.map(({ alert }) => alert);
const known = await knownMetrics();

describe('alerts', () => {
  it('have a section of the runbook each, and no section is without an alert', () => {
    expect(sections.map((section) => section.split('\n')[0]).toSorted()).toEqual(names.toSorted());
  });

  it('have a row in docs/reference/metrics.md each, with their severity', () => {
    const rows = [...metricsPage.matchAll(/^\| `(TokenBroker\w+)` \|.*\| (\w+) \|$/gm)];
    expect(rows.map(([, name, severity]) => [name, severity]).toSorted()).toEqual(
      alerts.map(({ alert, labels }) => [alert, labels['severity']]).toSorted(),
    );
  });

  it.each(alerts)('$alert says how bad it is, what to do, and where to read on', (one) => {
    expect(['critical', 'warning']).toContain(one.labels['severity']);
    expect(one.annotations.runbook_url).toBe(`http://127.0.0.1:9090/runbook#${one.alert.toLowerCase()}`);
    expect(one.annotations.description.length).toBeGreaterThan(one.annotations.summary.length);
  });

  it.each(alerts)('$alert names the client and the scopes, where it has them', ({ expr, annotations }) => {
    const labels = new Set(groupedBy(expr.replaceAll(/\bon \([^)]*\)/g, '')));
    if (/_skew_/.test(expr)) labels.add('client').add('instance');
    for (const label of ['client', 'scopes', 'issuer', 'instance'].filter((one) => labels.has(one))) {
      expect(annotations.summary).toContain(`$labels.${label} `);
      expect(annotations.description).toContain(`$labels.${label} `);
    }
  });

  it.each(names)('%s fires and resolves in a unit test', (name) => {
    const fitting = unitTests.filter(({ alert_rule_test: checks = [] }) => {
      const own = checks.filter(({ alertname }) => alertname === name);
      const firing = own.findIndex(({ exp_alerts: expected = [] }) => expected.length > 0);
      return firing >= 0 && own.slice(firing).some(({ exp_alerts: expected = [] }) => expected.length === 0);
    });
    expect(fitting.length).toBeGreaterThan(0);
  });
});

describe('the runbook', () => {
  const parts = ['Means', 'Consumers notice', 'Look', 'Do', 'Decide', 'Roll back', 'Escalate to'];

  it.each(sections)('has all parts, a query, and commands for the log or the replicas: %.30s', (section) => {
    const found = [...section.matchAll(/^\*\*([^:*]+):\*\*/gm)].map(([, part]) => part);
    expect(found).toEqual(parts);
    expect(section).toMatch(/```promql\n/);
    expect(section).toMatch(/```sh\n(.*\n)*?(logs|broker|kubectl|curl) /);
  });

  it('filters the log by fields that its lines have', () => {
    const fields = [...runbook.matchAll(/logs .* jq [^']*'([^']+)'/g)].flatMap(([, filter]) => [
      ...filter!.replaceAll(/"[^"]*"/g, '').matchAll(/\.(\w+)/g),
    ]);
    const documented = new Set([...logPage.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const used = new Set(fields.map(([, name]) => name!));
    expect(used.size).toBeGreaterThan(8);
    expect([...used].filter((name) => !documented.has(name))).toEqual([]);
  });

  it('links to sections that there are', () => {
    const links = [...runbook.matchAll(/\]\(#(\w+)\)/g)].map(([, link]) => link);
    expect(links.filter((link) => !names.some((name) => name.toLowerCase() === link))).toEqual([]);
  });
});

describe('queries of the rules and of the runbook', () => {
  const shown = [...runbook.matchAll(/```promql\n([^`]+)```/g)].flatMap(([, lines]) =>
    lines!.trim().split('\n'),
  );
  const queries = [...alerts, ...recordings].map(({ expr }) => expr).concat(shown);

  it.each(queries)('ask for metrics and labels that there are: %s', (query) => {
    const uses = usesIn(query);
    expect(uses.filter(({ metric }) => !known.has(metric))).toEqual([]);
    const strange = uses.flatMap(({ metric, labels }) =>
      labels.filter((one) => !known.get(metric)?.has(one)),
    );
    const all = new Set(uses.flatMap(({ metric }) => [...(known.get(metric) ?? [])]));
    expect([strange, groupedBy(query).filter((label) => !all.has(label))]).toEqual([[], []]);
  });

  it('are alike for all windows of the service level', () => {
    const ratios = recordings.filter(({ record }) => record.includes('failure_ratio_rate'));
    const alike = ratios.map(({ record, expr }) => expr.replaceAll(`[${record.split('_rate')[1]}]`, '[…]'));
    expect([ratios.length, new Set(alike).size]).toEqual([7, 1]);
  });

  it('know the objective by one rule only', () => {
    const objectives = [...alerts, ...recordings].filter(({ expr }) => /\b(0\.999|99\.9)\b/.test(expr));
    expect(objectives.map(({ expr }) => expr)).toEqual(['1 - 0.999']);
  });
});
