import { metricNames as names } from '#metrics/metric-names.js';
import { graph, green, type Row } from '../panels.js';
import { chosen, quantile, rate, sum } from '../queries.js';

const failureRatio = 'client:token_broker_requests:failure_ratio_rate';
const errorBudget = 'scalar(max(token_broker:error_budget:ratio))';

export const serviceLevel: Row = {
  title: 'Service level',
  panels: [
    graph({
      title: 'Burn rate, by client',
      description: 'How many times faster than the objective allows the error budget is used, over an hour.',
      unit: 'none',
      thresholds: [green, { color: 'orange', value: 1 }, { color: 'red', value: 14.4 }],
      queries: { '{{client}}': `${failureRatio}1h{${chosen}} / ${errorBudget}` },
      alert: 'TokenBrokerErrorBudgetBurnsFast',
    }),
    graph({
      title: 'Failing requests, by client',
      description:
        'Share of the requests that fail by the fault of the broker or of the authorization server.',
      unit: 'percentunit',
      queries: { '{{client}}': `${failureRatio}5m{${chosen}}` },
      alert: 'TokenBrokerErrorBudgetBurnsSlowly',
    }),
    graph({
      title: 'Requests, by outcome',
      description: 'All requests of consumers.',
      unit: 'reqps',
      queries: { '{{outcome}}': sum('outcome', rate(names.requests)) },
    }),
    graph({
      title: 'Time to answer, 99th percentile',
      description: 'By the source of the token. From memory it takes less than milliseconds.',
      unit: 's',
      queries: { '{{source}}': quantile(0.99, 'source', names.requestDuration) },
    }),
  ],
};
