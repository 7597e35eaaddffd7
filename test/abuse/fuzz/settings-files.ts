import { readFileSync } from 'node:fs';
import { fc } from '#test/property.js';
import { SettingsFault } from '../../../apps/broker/src/settings/settings-fault.js';
import { SettingsFolder, someEncryptionKey, someKey } from '#test/settings-folder.js';
import type { FuzzTarget } from './fuzz-target.js';
import { must } from './must.js';
import { mutated } from './mutation.js';

const planted = 'planted-not-a-real-secret';
const names = [
  'RABOT_CLIENT_ID',
  'ORDER_SERVICE_KEY_SHA256',
  'FINANCE_REPORT_KEY_SHA256',
  'SUPPORT_DESK_KEY_SHA256',
];
const environment = {
  PLANTED: planted,
  RABOT_CLIENT_SECRET: planted,
  ...Object.fromEntries(names.map((name, n) => [name, `${n}a`.repeat(32)])),
};

/** Milliseconds that one file may take to be judged, on a busy machine. */
const patience = 5_000;

const example = readFileSync(new URL('../../../apps/broker/examples/rabot.yaml', import.meta.url), 'utf8');
const full = `
listen: { host: 127.0.0.1, port: 8080 }
publicUrl: https://broker.example
renewal: &renewal { at: 0.8, jitter: 0.05, minRemaining: 60, idleAfter: 3600 }
store:
  redis:
    sentinel: { name: main, nodes: [redis-1:26379, redis-2:26379] }
    password: "\${PLANTED}"
    tls: true
    keyPrefix: token-broker
    encryptionKeys:
      - { id: "2026-11", key: ${someEncryptionKey} }
clients:
  rabot:
    tokenEndpoint: https://auth.example/connect/token
    clientId: client-1
    clientSecret: ["${planted}", { file: secret }]
    clientAuthentication: client_secret_post
    scopes: [api:partner, create:orders, role:application]
    requiredScopes: [api:partner]
    impliedScopes: { role:application: [create:orders] }
    parameters: { audience: "https://\${PLANTED}.example" }
    resources: [https://api.example]
    preload: [[api:partner]]
    renewal: *renewal
  other:
    issuer: https://auth.example
    clientId: >-
      client-2
    clientSecret: !!str ${planted}
    scopes: []
consumers:
  orders:
    keys: [ "${someKey}" ]
    allow: [ { client: rabot, scopes: [api:partner] } ]
  report:
    workload: { issuer: cluster, subject: "system:serviceaccount:finance:report" }
    allow: [ { client: other, scopes: [] } ]
workloadIssuers:
  cluster: { issuer: https://kubernetes.default.svc, audience: token-broker, bearerToken: "${planted}" }
`;

/** Where a fault is: names are told, whatever somebody has written for one. */
const place = /^(?:[^\s":]|"(?:[^"\\]|\\.)*")*/;

/** Each list is ten of the one before: written out, more than fits into any memory. */
const laughs = Array.from({ length: 12 }, (_, n) =>
  n === 0
    ? 'a0: &a0 lol'
    : `a${n}: &a${n} [${Array<string>(10)
        .fill(`*a${n - 1}`)
        .join(', ')}]`,
).join('\n');

const hostile = [
  `${laughs}\n${full}`,
  `${full}\n---\n${full}`,
  full.replace('scopes: []', 'scopes: *a').replace('clients:', 'clients: &a'),
  full.replace('!!str', '!!binary'),
  full.replace('!!str', '!!js/function'),
  full.replaceAll('\n', '\r'),
  full.replaceAll('  ', '\t'),
  `%YAML 1.1\n%TAG ! tag:x,2026:\n---\n${full}`,
  JSON.stringify({ clients: { rabot: { clientSecret: planted } } }),
];

/** A file of settings gives settings, or faults of one line each, and tells no secret. */
export const settingsFiles: FuzzTarget = {
  name: 'the parser of settings',
  inputs: 2_000,
  async fuzz(seed, inputs) {
    const folder = new SettingsFolder();
    folder.write('secret', planted);
    const counts = { inputs: 0, accepted: 0 };
    const loaded = (bytes: Buffer) => {
      counts.inputs++;
      const startedAt = performance.now();
      if (isLoaded(folder, bytes.toString())) counts.accepted++;
      must(performance.now() - startedAt < patience, 'it takes no time to speak of');
    };
    try {
      fc.assert(fc.property(mutated([full, full, example, ...hostile]), loaded), { seed, numRuns: inputs });
    } finally {
      folder.remove();
    }
    return counts;
  },
};

function isLoaded(folder: SettingsFolder, text: string): boolean {
  try {
    mustBeUntold(folder.load(text, environment).warnings.join('\n'));
    return true;
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    must(error.faults.length > 0, 'a refusal has a reason');
    must(
      error.faults.every((fault) => /^[^\n]+: .+$/.test(fault)),
      'each fault is one line',
    );
    for (const fault of error.faults) mustBeUntold(fault.replace(place, ''));
    return false;
  }
}

function mustBeUntold(text: string): void {
  must(!text.includes(planted), 'no secret is told');
}
