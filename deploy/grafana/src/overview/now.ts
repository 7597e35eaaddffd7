import { metricNames as names } from '#metrics/metric-names.js';
import { green, stat, type Row } from '../panels.js';
import { chosen, max, orZero, select } from '../queries.js';

const failureRatio = 'client:token_broker_requests:failure_ratio_rate';
const redFromOne = [green, { color: 'red', value: 1 }];

export const now: Row = {
  title: 'Now',
  panels: [
    stat({
      title: 'Alerts',
      description: 'How many alerts fire. Each has a section in the runbook.',
      unit: 'none',
      thresholds: redFromOne,
      queries: { alerts: orZero('count(ALERTS{alertname=~"TokenBroker.+", alertstate="firing"})') },
    }),
    stat({
      title: 'Replicas up',
      description: 'How many replicas answer Prometheus.',
      unit: 'none',
      thresholds: [
        { color: 'red', value: null },
        { ...green, value: 1 },
      ],
      queries: { replicas: `sum(up{${chosen}})` },
      alert: 'TokenBrokerReplicaDown',
    }),
    stat({
      title: 'Service level, worst client',
      description:
        'Share of the last hour’s requests that got a token, of those that the broker is answerable for.',
      unit: 'percentunit',
      thresholds: [
        { color: 'red', value: null },
        { ...green, value: 0.999 },
      ],
      queries: { 'service level': `1 - max(${failureRatio}1h{${chosen}})` },
      alert: 'TokenBrokerErrorBudgetBurnsFast',
    }),
    stat({
      title: 'Clients that fail',
      description: 'Clients that cool down, or whose credential is refused.',
      unit: 'none',
      thresholds: redFromOne,
      queries: {
        clients: orZero(
          `count(${max('client', select(names.cooldownActive))} + ${max('client', select(names.credentialRefused))} > 0)`,
        ),
      },
      alert: 'TokenBrokerCooldownLong',
    }),
    stat({
      title: 'Replicas without Redis',
      description: 'They serve and renew by themselves meanwhile.',
      unit: 'none',
      thresholds: redFromOne,
      queries: { replicas: orZero(`count(${select(names.storeUp)} == 0)`) },
      alert: 'TokenBrokerRedisDown',
    }),
    stat({
      title: 'Refused settings',
      description: 'Replicas on whose disk lies a change of the settings that they refuse.',
      unit: 'none',
      thresholds: redFromOne,
      queries: { replicas: orZero(`count(${select(names.settingsLastReloadSuccessful)} == 0)`) },
      alert: 'TokenBrokerSettingsRefused',
    }),
  ],
};
