import { metricNames as names } from '#metrics/metric-names.js';
import { green, stat, type Row } from '../panels.js';
import { max, select } from '../queries.js';
import { clientStates, trialStates } from '../states.js';

const client = 'client="$client"';
const expiry = max('scopes', select(names.tokenExpiry, client));
const budgetUsed = `max(${select(names.budgetUsed, client)} / ${select(names.budget, client)})`;

export const now: Row = {
  title: 'Now',
  panels: [
    stat(
      {
        title: 'State',
        description: 'Whether its authorization server gives it tokens.',
        unit: 'none',
        thresholds: [green, { color: 'orange', value: 1 }, { color: 'red', value: 2 }],
        queries: {
          state: `clamp_max(max(${select(names.cooldownActive, client)}) + 2 * max(${select(names.credentialRefused, client)}), 2)`,
        },
        alert: 'TokenBrokerCredentialRefused',
      },
      clientStates,
    ),
    stat({
      title: 'Tokens',
      description: 'Scope sets with a living token.',
      unit: 'none',
      queries: { tokens: `count(${expiry})` },
    }),
    stat({
      title: 'Shortest life left',
      description: 'Of its tokens. An unused one lapses.',
      unit: 's',
      thresholds: [
        { color: 'red', value: null },
        { color: 'orange', value: 60 },
        { ...green, value: 300 },
      ],
      queries: { 'life left': `min(${expiry} - time())` },
      alert: 'TokenBrokerTokenExpiresSoon',
    }),
    stat({
      title: 'Budget used',
      description: 'Share of maxTokenRequestsPerMinute. On demand at most 75 % can be used.',
      unit: 'percentunit',
      thresholds: [green, { color: 'orange', value: 0.7 }, { color: 'red', value: 0.75 }],
      queries: { used: budgetUsed },
      alert: 'TokenBrokerBudgetNearlyUsed',
    }),
    stat({
      title: 'Quotas used',
      description: 'Share of maxTokenRequests per hour, day and month. Empty without quotas.',
      unit: 'percentunit',
      thresholds: [green, { color: 'orange', value: 0.92 }, { color: 'red', value: 1 }],
      queries: {
        '{{window}}': `max by (window) (${select(names.quotaUsed, client)} / ${select(names.quota, client)})`,
      },
      alert: 'TokenBrokerQuotaRunsOut',
    }),
    stat({
      title: 'Granted by the server',
      description: 'Requests that its authorization server still grants, by its last response.',
      unit: 'none',
      queries: { remaining: `min(${select(names.requestsRemaining, client)})` },
    }),
    stat({
      title: 'Credential in use',
      description: 'Counted from 1. In a rotation 2 is the old one.',
      unit: 'none',
      thresholds: [green, { color: 'orange', value: 2 }],
      queries: {
        credential: `1 + (max(${select(names.credentialInUse, client, 'credential!="1"')}) or vector(0))`,
      },
      alert: 'TokenBrokerOldCredentialInUse',
    }),
    stat(
      {
        title: 'Changed credential',
        description: 'Empty unless one is tried; the former one stays in force meanwhile.',
        unit: 'none',
        thresholds: [green, { color: 'red', value: 1 }],
        queries: { trial: `max(${select(names.credentialTrialRefused, client)})` },
        alert: 'TokenBrokerChangedCredentialRefused',
      },
      trialStates,
    ),
    stat({
      title: 'Credential expires',
      description: 'Time left of the credential that expires first. Empty where it is not known.',
      unit: 's',
      thresholds: [
        { color: 'red', value: null },
        { color: 'orange', value: 86_400 },
        { color: 'yellow', value: 7 * 86_400 },
        { ...green, value: 30 * 86_400 },
      ],
      queries: { left: `min(${select(names.credentialExpiry, client)}) - time()` },
      alert: ['Day', 'Week', 'Month'].map((time) => `TokenBrokerCredentialExpiresWithin${time}`),
    }),
    stat({
      title: 'Next signing key',
      description:
        'Time until the broker announces another key. Empty without `keys: managed`; negative: it is late.',
      unit: 's',
      thresholds: [
        { color: 'orange', value: null },
        { ...green, value: -600 },
      ],
      queries: { left: `max(${select(names.signingKeyRotation, client)}) - time()` },
      alert: 'TokenBrokerSigningKeyNotRotated',
    }),
    stat({
      title: 'Clock skew',
      description: 'Clock of the authorization server minus ours: the worst replica.',
      unit: 's',
      thresholds: [green, { color: 'orange', value: 30 }],
      queries: { skew: `max(abs(${select(names.clockSkew, client)}))` },
      alert: 'TokenBrokerClockSkew',
    }),
  ],
};
