import { metricNames as names } from '#metrics/metric-names.js';
import { graph, type Row } from '../panels.js';
import { increase, quantile, rate, sum } from '../queries.js';

const client = 'client="$client"';

export const consumers: Row = {
  title: 'Consumers',
  panels: [
    graph({
      title: 'Requests, by source and outcome',
      description: 'memory and redis: cached. upstream: the consumer waited for a token request.',
      unit: 'reqps',
      queries: { '{{source}}: {{outcome}}': sum('source, outcome', rate(names.requests, client)) },
    }),
    graph({
      title: 'Life left in tokens when served',
      description: 'One in twenty, and half of the tokens, had less.',
      unit: 's',
      queries: {
        '5th percentile': quantile(0.05, '', names.servedTokenRemaining, client),
        median: quantile(0.5, '', names.servedTokenRemaining, client),
      },
    }),
    graph({
      title: 'Odd answers',
      description: 'Token responses with an anomaly that were used nevertheless; the log has the details.',
      unit: 'none',
      width: 24,
      queries: { '{{oddity}}': sum('oddity', increase(names.tokenAnswerOddities, client)) },
    }),
  ],
};
