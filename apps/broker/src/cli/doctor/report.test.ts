import { expect, it } from 'vitest';
import { fault, warning } from './finding.js';
import { type DoctorReport, faultsOf, numberOf } from './report.js';

const problems = [
  { severity: 'fault', detail: 'cannot be reached' },
  { severity: 'warning', detail: 'is slow' },
] as const;
const findings = [fault('server_down', 'HTTP 503.'), warning('slow', 'It took 9 s.')];
const empty = { file: 'settings.yaml', warnings: [], clients: [] };
const request = { scopes: 'a', wantedBy: ['one'], milliseconds: 1, findings };
const client = {
  client: 'one',
  authorizationServer: 'https://auth.example',
  addresses: [],
  requests: [],
  findings,
};

it.each<[string, Partial<DoctorReport>, object]>([
  ['a client', { clients: [client] }, { code: 'server_down', client: 'one' }],
  ['a scope set', { clients: [{ ...client, findings: [], requests: [request] }] }, { code: 'server_down' }],
  ['a listener', { listeners: [{ side: 'listen', findings }] }, { code: 'server_down', listener: 'listen' }],
  [
    'a workload issuer',
    { issuers: [{ name: 'ci', issuer: 'https://ci.example', problems }] },
    { code: 'workload_issuer', issuer: 'ci' },
  ],
  ['the machine', { machine: { problems } }, { code: 'machine' }],
  ['Redis', { redis: { location: 'redis://redis', problems } }, { code: 'redis' }],
  ['the log-in', { management: { issuer: 'https://id.example', problems } }, { code: 'management' }],
])('a fault of %s is in the list, a warning is only counted', (_, part, expected) => {
  const report = { ...empty, ...part };
  expect(faultsOf(report)).toEqual([expect.objectContaining(expected)]);
  expect([numberOf('fault', report), numberOf('warning', report)]).toEqual([1, 1]);
});
