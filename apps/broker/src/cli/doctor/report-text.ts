import { counted } from '../counted.js';
import type { Output, Style } from '../output.js';
import { type Finding, type Severity, titles } from './finding.js';
import type { RedisReport } from './redis-report.js';
import { type ClientReport, type DoctorReport, numberOf, type RequestReport } from './report.js';

const marks: Readonly<Record<Severity, string>> = { fault: 'FAULT', warning: 'warning' };
const styles: Readonly<Record<Severity, Style>> = { fault: 'red', warning: 'yellow' };

/** Lines of one client, for people. */
export function printClient(report: ClientReport, output: Output): void {
  const { client, authorizationServer, addresses, notAsked } = report;
  const resolved = addresses.length > 0 ? `  (${addresses.slice(0, 3).join(', ')})` : '';
  output.line(`${client}  ${authorizationServer}${resolved}`, 'bold');
  for (const request of report.requests) printRequest(request, output);
  if (notAsked) {
    output.line(`  not asked for: ${counted(notAsked.scopeSets, 'more scope set')}; ${notAsked.because}`);
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

export function printRedis({ location, sealed, problems }: RedisReport, output: Output): void {
  output.line(`redis  ${location}`, 'bold');
  if (problems.length === 0) {
    const entries = sealed && sealed.seen > 0 ? ', the encryption keys open what is kept there' : '';
    output.line(`  ok      it answers${entries}`, 'green');
  }
  for (const { severity, detail } of problems)
    output.line(`  ${marks[severity]}: ${detail}`, styles[severity]);
}

export function printSum(report: DoctorReport, output: Output): void {
  const [faults, warnings] = [numberOf('fault', report), numberOf('warning', report)];
  output.line(`${counted(faults, 'fault')}, ${counted(warnings, 'warning')}`, faults > 0 ? 'red' : 'green');
}
