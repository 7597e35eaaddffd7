import { metricNames as names } from '#metrics/metric-names.js';
import { graph, timeline, type Row } from '../panels.js';
import { increase, select, sum } from '../queries.js';
import { takenOrRefused } from '../states.js';

export const settings: Row = {
  title: 'Settings',
  panels: [
    timeline(
      {
        title: 'Settings on disk',
        description: 'A refused change is not in force; a replica that starts now would not come up.',
        unit: 'none',
        queries: { '{{instance}}': select(names.settingsLastReloadSuccessful) },
        alert: 'TokenBrokerSettingsRefused',
      },
      takenOrRefused,
    ),
    graph({
      title: 'Age of the settings in force',
      description: 'All replicas should have taken over a change at the same moment.',
      unit: 's',
      queries: { '{{instance}}': `time() - ${select(names.settingsLastReloadSuccess)}` },
    }),
    graph({
      title: 'Reloads, by outcome',
      description: 'Of changed settings and secret files.',
      unit: 'none',
      queries: { '{{outcome}}': sum('outcome', increase(names.settingsReloads)) },
      alert: 'TokenBrokerSettingsRefused',
    }),
    graph({
      title: 'Failed refreshes of workload keys, by issuer',
      description: 'The last keys go on being used, for 24 h at the most.',
      unit: 'none',
      queries: { '{{issuer}}': sum('issuer', increase(names.workloadKeyFailures)) },
      alert: 'TokenBrokerWorkloadKeysStale',
    }),
    graph({
      title: 'Replicas, by build',
      description: 'More than one build is there only while a new version is rolled out.',
      unit: 'none',
      width: 24,
      queries: { '{{version}} on Node.js {{node}}': `count by (version, node) (${select(names.buildInfo)})` },
    }),
  ],
};
