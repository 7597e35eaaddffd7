import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { CoreModule } from '../../apps/broker/src/core/core.module.js';
import { createLog } from '../../apps/broker/src/core/log.js';
import { SettingsFile } from '../../apps/broker/src/settings/settings-file.js';
import { SettingsModule } from '../../apps/broker/src/settings/settings.module.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { recordings } from './rule-files.js';
import { groupedBy } from './promql.js';

/** Of any scraped series. */
const ofTargets = ['namespace', 'job', 'instance'];

/** The labels of each metric that a broker exposes, that rules record, or that Prometheus itself has. */
export async function knownMetrics(): Promise<Map<string, Set<string>>> {
  const known = new Map<string, Set<string>>([
    ['up', new Set(ofTargets)],
    ['ALERTS', new Set([...ofTargets, 'alertname', 'alertstate'])],
  ]);
  for (const [name, labels] of exposedBy(await wiredRegistry()))
    known.set(name, new Set([...ofTargets, ...labels]));
  for (const { record, expr } of recordings) known.set(record, new Set(groupedBy(expr)));
  return known;
}

function exposedBy(registry: Registry): [string, string[]][] {
  const metrics = registry.getMetricsAsArray() as unknown as {
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

@Module({})
class WiringModule {}

/** That of a broker, as it is wired for its process. */
async function wiredRegistry(): Promise<Registry> {
  const folder = new SettingsFolder();
  try {
    const file = new SettingsFile(folder.write('settings.yaml', someSettings()), {});
    const output = { write: () => {} };
    const options = { file, log: createLog(output), output, version: '0.0.0' };
    const imports = [SettingsModule.forRoot(file, file.load()), CoreModule.forRoot(options)];
    const app = await NestFactory.createApplicationContext(
      { module: WiringModule, imports },
      { logger: false },
    );
    return app.get(Registry);
  } finally {
    folder.remove();
  }
}
