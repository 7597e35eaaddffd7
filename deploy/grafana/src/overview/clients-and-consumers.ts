import { metricNames as names } from '#metrics/metric-names.js';
import { bars, graph, green, timeline, type Row } from '../panels.js';
import { increase, max, rate, select, sum } from '../queries.js';
import { clientStates } from '../states.js';

const left = `${max('client, scopes', select(names.tokenExpiry))} - time()`;

export const clientsAndConsumers: Row = {
  title: 'Clients, tokens and consumers',
  panels: [
    timeline(
      {
        title: 'Clients',
        description: 'Whether their authorization servers give them tokens.',
        unit: 'none',
        queries: {
          '{{client}}': `clamp_max(${max('client', select(names.cooldownActive))} + 2 * ${max('client', select(names.credentialRefused))}, 2)`,
        },
        alert: 'TokenBrokerCredentialRefused',
      },
      clientStates,
    ),
    bars({
      title: 'Tokens that expire next',
      description:
        'Life left of the ten tokens that expire first. Those still asked for should be renewed before.',
      unit: 's',
      thresholds: [
        { color: 'red', value: null },
        { color: 'orange', value: 60 },
        { ...green, value: 300 },
      ],
      queries: { '{{client}}: {{scopes}}': `bottomk(10, ${left})` },
      alert: 'TokenBrokerTokenExpiresSoon',
    }),
    graph({
      title: 'Failed renewals',
      description: 'By client and reason. Living tokens are served meanwhile.',
      unit: 'none',
      queries: { '{{client}}: {{reason}}': sum('client, reason', increase(names.renewalFailures)) },
      alert: 'TokenBrokerRenewalFailing',
    }),
    graph({
      title: 'Refused consumers',
      description:
        'invalid_client: no credential or a wrong one. access_denied: may not have what was asked for.',
      unit: 'reqps',
      queries: { '{{consumer}}: {{reason}}': sum('consumer, reason', rate(names.consumerDenials)) },
    }),
  ],
};
