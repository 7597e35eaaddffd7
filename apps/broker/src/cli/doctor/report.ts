import type { Finding, Severity } from './finding.js';
import type { RedisReport } from './redis-report.js';

/** What became of one scope set. */
export interface RequestReport {
  scopes: string;
  /** `preload`, and names of consumers. */
  wantedBy: readonly string[];
  granted?: string;
  /** Seconds. */
  lifetime?: number;
  milliseconds: number;
  findings: readonly Finding[];
}

export interface ClientReport {
  client: string;
  /** Token endpoint or issuer, as in the settings. */
  authorizationServer: string;
  addresses: readonly string[];
  /** Seconds by which its clock is ahead. */
  clockSkew?: number;
  requests: readonly RequestReport[];
  /** Scope sets that were not asked for, and why. */
  notAsked?: { scopeSets: number; because: string };
  findings: readonly Finding[];
}

export interface DoctorReport {
  file: string;
  /** Of the settings. */
  warnings: readonly string[];
  clients: readonly ClientReport[];
  redis?: RedisReport;
}

export function numberOf(severity: Severity, { clients, redis, warnings }: DoctorReport): number {
  const findings = clients.flatMap((client) => [
    ...client.findings,
    ...client.requests.flatMap((request) => request.findings),
  ]);
  const ofRedis = redis?.problems.filter((problem) => problem.severity === severity) ?? [];
  const ofSettings = severity === 'warning' ? warnings.length : 0;
  return findings.filter((one) => one.severity === severity).length + ofRedis.length + ofSettings;
}
