import { type Finding, type Severity, titles } from './finding.js';
import type { ReportedError } from '../json-report.js';
import { pluralize, type Output, type Style } from '../output.js';

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
  /** By which it is reached; without: directly. */
  proxy?: string;
  /** Of the proxy, or of the authorization server. */
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
  /** Of the sides of the broker that serve by TLS. */
  listeners?: readonly ListenerReport[];
  /** On which the doctor runs: the broker's own where it is run as the broker is. */
  machine?: MachineReport;
  redis?: RedisReport;
  management?: ManagementReport;
  issuers?: readonly IssuerReport[];
}

export interface MachineReport {
  problems: readonly Problem[];
}

/** Of the keys of a workload issuer. */
export interface IssuerReport {
  /** In the settings. */
  name: string;
  issuer: string;
  problems: readonly Problem[];
}

/** What is wrong with the certificate of `listen` or `management`. */
export interface ListenerReport {
  side: 'listen' | 'management';
  findings: readonly Finding[];
}

type Reported = ReportedError & { severity: Severity };

export function numberOf(severity: Severity, report: DoctorReport): number {
  const found = everything(report).filter((one) => one.severity === severity).length;
  return severity === 'warning' ? found + report.warnings.length : found;
}

/** All faults in one list, each with what it is about. */
export function faultsOf(report: DoctorReport): ReportedError[] {
  return everything(report).flatMap(({ severity, ...error }) => (severity === 'fault' ? [error] : []));
}

function everything({ clients, listeners = [], issuers = [], ...parts }: DoctorReport): Reported[] {
  const { machine, redis, management } = parts;
  const found = (findings: readonly Finding[], about: object) =>
    findings.map(({ code, severity, detail }) => {
      return { code, severity, message: `${titles[code]}: ${detail}`, ...about };
    });
  const problems = (code: string, all: readonly Problem[] = [], about = {}) =>
    all.map(({ severity, detail }) => ({ code, severity, message: detail, ...about }));
  return [
    ...clients.flatMap(({ client, findings, requests }) =>
      found([...findings, ...requests.flatMap((request) => request.findings)], { client }),
    ),
    ...listeners.flatMap(({ side, findings }) => found(findings, { listener: side })),
    ...issuers.flatMap(({ name, problems: all }) => problems('workload_issuer', all, { issuer: name })),
    ...problems('machine', machine?.problems),
    ...problems('redis', redis?.problems),
    ...problems('management', management?.problems),
  ];
}

/** Of what is no client. */
export interface Problem {
  severity: Severity;
  detail: string;
}

export interface RedisReport {
  /** Without user and password. */
  location: string;
  /** Seconds by which its clock is ahead of this machine's. */
  clockSkew?: number;
  /** Token requests that brokers planned there: how many were looked at, and how many of these the keys open. */
  sealed?: { seen: number; opened: number };
  problems: readonly Problem[];
}

export interface ManagementReport {
  /** Where people log in. */
  issuer: string;
  problems: readonly Problem[];
}

const marks: Readonly<Record<Severity, string>> = { fault: 'FAULT', warning: 'warning' };
const styles: Readonly<Record<Severity, Style>> = { fault: 'red', warning: 'yellow' };

/** Lines of one client, for people. */
export function printClient(report: ClientReport, output: Output): void {
  const { client, authorizationServer, proxy, addresses, notAsked } = report;
  const resolved = addresses.length > 0 ? `  (${addresses.slice(0, 3).join(', ')})` : '';
  const way = proxy === undefined ? '' : `  by the proxy ${proxy}`;
  output.line(`${client}  ${authorizationServer}${way}${resolved}`, 'bold');
  for (const request of report.requests) printRequest(request, output);
  if (notAsked) {
    output.line(`  not tried: ${pluralize(notAsked.scopeSets, 'more scope set')}; ${notAsked.because}`);
  }
  for (const finding of report.findings) printFinding(finding, output);
}

function printRequest({ scopes, wantedBy, findings, ...request }: RequestReport, output: Output): void {
  const { granted, lifetime, milliseconds } = request;
  const asked = `${scopes || '(no scope)'}  for ${wantedBy.join(', ')}`;
  const isFine = !findings.some(({ severity }) => severity === 'fault');
  const result = granted === undefined ? 'no token' : `a token for ${lifetime} s`;
  output.line(
    `  ${isFine ? 'ok     ' : 'FAULT  '} ${asked}: ${result}, in ${milliseconds} ms`,
    isFine ? 'green' : 'red',
  );
  for (const finding of findings) printFinding(finding, output, '          ');
}

function printFinding({ code, severity, detail, hints }: Finding, output: Output, indent = '  '): void {
  output.line(`${indent}${marks[severity]}: ${titles[code]}`, styles[severity]);
  output.line(`${indent}  ${detail}`);
  for (const hint of hints) output.line(`${indent}  - ${hint}`);
}

export function printListener({ side, findings }: ListenerReport, output: Output): void {
  output.line(`${side}  serves by TLS`, 'bold');
  if (findings.length === 0) output.line('  ok      its certificate is valid', 'green');
  for (const finding of findings) printFinding(finding, output);
}

export function printMachine({ problems }: MachineReport, output: Output): void {
  if (problems.length === 0) return;
  output.line('this machine', 'bold');
  printProblems(problems, output);
}

export function printRedis({ location, sealed, problems }: RedisReport, output: Output): void {
  output.line(`redis  ${location}`, 'bold');
  if (problems.length === 0) {
    const entries = sealed && sealed.seen > 0 ? ', the encryption keys open what is kept there' : '';
    output.line(`  ok      it answers${entries}`, 'green');
  }
  printProblems(problems, output);
}

export function printIssuer({ name, issuer, problems }: IssuerReport, output: Output): void {
  output.line(`workload issuer ${name}  ${issuer}`, 'bold');
  if (problems.length === 0) output.line('  ok      its keys can be fetched', 'green');
  printProblems(problems, output);
}

export function printManagement({ issuer, problems }: ManagementReport, output: Output): void {
  output.line(`management log-in  ${issuer}`, 'bold');
  if (problems.length === 0) output.line('  ok      its metadata can be fetched', 'green');
  printProblems(problems, output);
}

function printProblems(problems: readonly Problem[], output: Output): void {
  for (const { severity, detail } of problems)
    output.line(`  ${marks[severity]}: ${detail}`, styles[severity]);
}

export function printSum(report: DoctorReport, output: Output): void {
  const [faults, warnings] = [numberOf('fault', report), numberOf('warning', report)];
  output.line(
    `${pluralize(faults, 'fault')}, ${pluralize(warnings, 'warning')}`,
    faults > 0 ? 'red' : 'green',
  );
}
