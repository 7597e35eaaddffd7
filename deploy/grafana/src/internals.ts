import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './dashboard.js';
import { processes } from './internals/processes.js';
import { redis } from './internals/redis.js';
import { schedule } from './internals/schedule.js';
import { settings } from './internals/settings.js';

export function internals(): DashboardBuilder {
  return dashboard({
    uid: 'token-broker-internals',
    title: 'Token broker / Internals',
    description: 'The lock, Redis, the schedule, the settings and the processes of the replicas.',
    rows: [redis, schedule, settings, processes],
  });
}
