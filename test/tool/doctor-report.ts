import { onTestFinished } from 'vitest';
import type { Finding } from '../../apps/broker/src/cli/doctor/finding.js';
import type { DoctorReport } from '../../apps/broker/src/cli/doctor/report.js';
import { SettingsFolder, someKey } from '#test/settings-folder.js';
import { toolRun, type ToolRun } from './tool-run.js';

/** A settings file with these clients, each with a consumer that may have `api:partner create:orders`. */
export function settingsFile(clients: Record<string, object>, rest: object = {}): string {
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  const allow = Object.keys(clients).map((client) => ({ client, scopes: ['api:partner', 'create:orders'] }));
  const consumers = { 'order-service': { keys: [someKey], allow } };
  return folder.write('settings.yaml', { clients, consumers, ...rest });
}

export interface Diagnosis extends ToolRun {
  report: DoctorReport & { fine: boolean };
  findings: readonly Finding[];
  codes: readonly string[];
}

/** What the doctor finds, by its JSON. */
export async function diagnosis(file: string, env: NodeJS.ProcessEnv = {}): Promise<Diagnosis> {
  const run = await toolRun(['doctor', file, '--json'], env);
  const report = JSON.parse(run.stdout) as Diagnosis['report'];
  const findings = report.clients.flatMap((client) => [
    ...client.requests.flatMap((request) => request.findings),
    ...client.findings,
  ]);
  return { ...run, report, findings, codes: findings.map(({ code }) => code) };
}
