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
      title: 'Requests of consumers',
      description:
        'By consumer and outcome; of the ten that ask most. would_be_denied: granted by mode: audit only.',
      unit: 'reqps',
      queries: {
        '{{consumer}}: {{outcome}}': `topk(10, ${sum('consumer, outcome', rate(names.consumerRequests))})`,
      },
    }),
    bars({
      title: 'Consumers not seen for longest',
      description:
        'Time since the last request at any replica. Those not seen since all replicas started are not here.',
      unit: 's',
      queries: { '{{consumer}}': `topk(10, time() - ${max('consumer', select(names.consumerLastSeen))})` },
    }),
    bars({
      title: 'API keys that expire next',
      description:
        'Time left of the ten keys of consumers and of operators each that expire first, by expiresAt. Empty where none expires.',
      unit: 's',
      thresholds: [
        { color: 'red', value: null },
        { color: 'orange', value: 86_400 },
        { color: 'yellow', value: 7 * 86_400 },
        { ...green, value: 30 * 86_400 },
      ],
      queries: {
        '{{consumer}}: {{credential}}': `bottomk(10, min by (consumer, credential) (${select(names.consumerKeyExpires)}) - time())`,
        'operator {{operator}}: {{credential}}': `bottomk(10, min by (operator, credential) (${select(names.operatorKeyExpires)}) - time())`,
      },
      alert: [
        ...['Day', 'Week', 'Month'].map((time) => `TokenBrokerConsumerKeyExpiresWithin${time}`),
        'TokenBrokerConsumerKeyTooOld',
        'TokenBrokerOperatorKeyExpiresWithinWeek',
        'TokenBrokerOperatorKeyTooOld',
      ],
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
