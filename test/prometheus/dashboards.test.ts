import { describe, expect, it } from 'vitest';
import { dashboards } from '../../deploy/grafana/src/dashboards.js';
import { dashboardFiles, dashboardQueries, panels } from './dashboard-files.js';
import { knownMetrics } from './known-metrics.js';
import { groupedBy, usesIn } from './promql.js';
import { alerts } from './rule-files.js';

const known = await knownMetrics();

describe('the dashboards', () => {
  it('are those that `npm run dashboards` writes', async () => {
    expect(Object.fromEntries(dashboardFiles)).toEqual(Object.fromEntries(await dashboards()));
  });

  it.each(dashboardQueries)('ask for metrics and labels that there are: $title', ({ expr }) => {
    const query = expr.replaceAll('$__rate_interval', '1m');
    const uses = usesIn(query);
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter(({ metric }) => !known.has(metric))).toEqual([]);
    const strange = uses.flatMap(({ metric, labels }) =>
      labels.filter((one) => !known.get(metric)?.has(one)),
    );
    const all = new Set(uses.flatMap(({ metric }) => [...(known.get(metric) ?? [])]));
    expect([strange, groupedBy(query).filter((label) => !all.has(label))]).toEqual([[], []]);
  });

  it.each(panels)('$title: says what is to be seen, in which unit, from the data source chosen', (panel) => {
    expect(panel.description?.length).toBeGreaterThan(10);
    expect(panel.fieldConfig?.defaults.unit).toBeDefined();
    expect(panel.datasource?.uid).toBe('${datasource}');
  });

  it('link to each section of the runbook, and to no other', () => {
    const links = panels.flatMap(({ links: own = [] }) => own.map(({ url }) => url));
    const sections = alerts.map(({ alert }) => `\${runbook}#${alert.toLowerCase()}`);
    expect(links.filter((link) => !sections.includes(link))).toEqual([]);
    // The first panel counts all alerts; that no replica is up cannot be seen in what replicas tell.
    expect(sections.filter((section) => !links.includes(section))).toEqual(['${runbook}#tokenbrokerabsent']);
  });
});
