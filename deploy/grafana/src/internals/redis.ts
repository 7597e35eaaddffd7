import { metricNames as names } from '#metrics/metric-names.js';
import { graph, timeline, type Row } from '../panels.js';
import { increase, quantile, select, sum } from '../queries.js';
import { upOrDown } from '../states.js';

export const redis: Row = {
  title: 'Redis and the lock',
  panels: [
    timeline(
      {
        title: 'Redis, as each replica sees it',
        description: 'While it is down each replica continues alone.',
        unit: 'none',
        queries: { '{{instance}}': select(names.storeUp) },
        alert: 'TokenBrokerRedisDown',
      },
      upOrDown,
    ),
    graph({
      title: 'Failed operations, by kind',
      description:
        'connect_…: connections. lock_…: extending and releasing. The rest: tokens and what belongs to them.',
      unit: 'none',
      queries: { '{{operation}}': sum('operation', increase(names.storeErrors)) },
      alert: 'TokenBrokerRedisDown',
    }),
    graph({
      title: 'Locks asked for, by outcome',
      description: 'held: another replica renews, this one waits for it. error: renewed without the lock.',
      unit: 'none',
      queries: { '{{outcome}}': sum('outcome', increase(names.lockAcquisitions)) },
      alert: 'TokenBrokerLockErrors',
    }),
    graph({
      title: 'How long locks are held',
      description: 'As long as token requests take; beyond 3 s they are extended.',
      unit: 's',
      queries: {
        median: quantile(0.5, '', names.lockHold),
        '99th percentile': quantile(0.99, '', names.lockHold),
      },
    }),
    graph({
      title: 'Tokens cached, by tier',
      description: 'Of all replicas together.',
      unit: 'none',
      width: 24,
      queries: { '{{tier}}, {{instance}}': select(names.tokensCached) },
    }),
  ],
};
