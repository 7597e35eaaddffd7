import { Registry } from 'prom-client';
import { composeBroker } from '../../apps/broker/src/core/composition.js';
import { createLog } from '../../apps/broker/src/core/log.js';
import { SettingsFile } from '../../apps/broker/src/settings/settings-file.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { recordings } from './rule-files.js';
import { groupedBy } from './promql.js';

/** Of any scraped series. */
const ofTargets = ['namespace', 'job', 'instance'];

/** The labels of each metric that a broker exposes, that rules record, or that Prometheus itself has. */
export function knownMetrics(): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>([
    ['up', new Set(ofTargets)],
    ['ALERTS', new Set([...ofTargets, 'alertname', 'alertstate'])],
  ]);
  for (const [name, labels] of exposed()) known.set(name, new Set([...ofTargets, ...labels]));
  for (const { record, expr } of recordings) known.set(record, new Set(groupedBy(expr)));
  return known;
}

function exposed(): [string, string[]][] {
  const metrics = registry().getMetricsAsArray() as unknown as {
    name: string;
    type: string;
    labelNames: string[];
  }[];
  return metrics.flatMap(({ name, type, labelNames }) => {
    if (type !== 'histogram') return [[name, labelNames] as [string, string[]]];
    const bucket: [string, string[]] = [`${name}_bucket`, [...labelNames, 'le']];
    return [bucket, [`${name}_sum`, labelNames], [`${name}_count`, labelNames]];
  });
}

/** That of a broker, as it is composed for its process. */
function registry(): Registry {
  const folder = new SettingsFolder();
  try {
    const file = new SettingsFile(folder.write('settings.yaml', someSettings()), {});
    const output = { write: () => {} };
    const log = createLog(output);
    return composeBroker({ file, loaded: file.load(), log, output, version: '0.0.0' }).registry;
  } finally {
    folder.remove();
  }
}
