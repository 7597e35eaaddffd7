import { metricNames as names } from '#metrics/metric-names.js';
import { graph, green, type Row } from '../panels.js';
import { quantile, select } from '../queries.js';

export const schedule: Row = {
  title: 'Schedule',
  panels: [
    graph({
      title: 'Most overdue renewal, by replica',
      description: 'Waits to be started. A replica keeps 64 renewals under way at once.',
      unit: 's',
      thresholds: [green, { color: 'orange', value: 10 }, { color: 'red', value: 60 }],
      queries: { '{{instance}}': select(names.renewalOverdue) },
      alert: 'TokenBrokerScheduleLate',
    }),
    graph({
      title: 'How late renewals start',
      description: 'The schedule ticks each second: up to 1 s is as it should be.',
      unit: 's',
      queries: {
        median: quantile(0.5, '', names.renewalLag),
        '99th percentile': quantile(0.99, '', names.renewalLag),
      },
      alert: 'TokenBrokerScheduleLate',
    }),
  ],
};
