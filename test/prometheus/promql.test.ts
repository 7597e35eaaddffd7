import { expect, it } from 'vitest';
import { groupedBy, usesIn } from './promql.js';

const query =
  'sum by (job, client) (increase(a_total{reason=~"x{y}|by (z)", job!=""}[5m])) > 0.5 * scalar(max(b:c))';

it('finds the metrics of a query, and the labels that they are chosen by', () => {
  expect(usesIn(query)).toEqual([
    { metric: 'a_total', labels: ['reason', 'job'] },
    { metric: 'b:c', labels: [] },
  ]);
  expect(usesIn('time() - d unless on (job) e == bool 1')).toMatchObject([{ metric: 'd' }, { metric: 'e' }]);
});

it('finds the labels that a query groups by', () => {
  expect(groupedBy(query)).toEqual(['job', 'client']);
});
