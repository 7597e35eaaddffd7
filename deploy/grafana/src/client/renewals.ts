import { metricNames as names } from '#metrics/metric-names.js';
import { graph, signedGraph, type Row } from '../panels.js';
import { increase, quantile, select, sum } from '../queries.js';

const client = 'client="$client"';

export const renewals: Row = {
  title: 'Renewals and its authorization server',
  panels: [
    graph({
      title: 'Renewals, by trigger and outcome',
      description:
        'schedule: ahead of expiry. demand: a consumer waited for it. rejected: an API answered 401.',
      unit: 'none',
      queries: { '{{trigger}}: {{outcome}}': sum('trigger, outcome', increase(names.renewals, client)) },
    }),
    graph({
      title: 'Failures, by reason',
      description: 'The runbook says what to do for each reason.',
      unit: 'none',
      queries: { '{{reason}}': sum('reason', increase(names.renewalFailures, client)) },
      alert: 'TokenBrokerRenewalFailing',
    }),
    graph({
      title: 'Token requests, by outcome',
      description: 'Requests over the wire, those included that a rotation costs.',
      unit: 'none',
      queries: { '{{outcome}}': sum('outcome', increase(names.tokenRequests, client)) },
    }),
    graph({
      title: 'Time of token requests',
      description:
        'How long the authorization server takes; the timeout is 10 s, unless the settings say otherwise.',
      unit: 's',
      queries: {
        median: quantile(0.5, '', names.tokenRequestDuration, client),
        '95th percentile': quantile(0.95, '', names.tokenRequestDuration, client),
      },
    }),
    graph({
      title: 'Budget',
      description: 'Token requests of the last minute, of all replicas, and what the settings allow.',
      unit: 'none',
      queries: {
        used: `max(${select(names.budgetUsed, client)})`,
        allowed: `max(${select(names.budget, client)})`,
      },
      alert: 'TokenBrokerBudgetNearlyUsed',
    }),
    signedGraph({
      title: 'Clock skew, by replica',
      description: 'Clock of the authorization server minus that of the replica, at its last token request.',
      unit: 's',
      queries: { '{{instance}}': select(names.clockSkew, client) },
      alert: 'TokenBrokerClockSkew',
    }),
  ],
};
