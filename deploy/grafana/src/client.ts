import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { consumers } from './client/consumers.js';
import { now } from './client/now.js';
import { renewals } from './client/renewals.js';
import { tokens } from './client/tokens.js';
import { dashboard } from './dashboard.js';
import { clientVariable } from './variables.js';

export function client(): DashboardBuilder {
  return dashboard({
    uid: 'token-broker-client',
    title: 'Token broker / Client',
    description:
      'The tokens of one client: their lives, their renewals, and what its authorization server says.',
    rows: [now, tokens, renewals, consumers],
  }).withVariable(clientVariable());
}
