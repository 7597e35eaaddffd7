import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './dashboard.js';
import { clientsAndConsumers } from './overview/clients-and-consumers.js';
import { now } from './overview/now.js';
import { serviceLevel } from './overview/service-level.js';

export function overview(): DashboardBuilder {
  return dashboard({
    uid: 'token-broker-overview',
    title: 'Token broker / Overview',
    description: 'Is everything all right? The service level, and the clients that fail.',
    rows: [now, serviceLevel, clientsAndConsumers],
  });
}
