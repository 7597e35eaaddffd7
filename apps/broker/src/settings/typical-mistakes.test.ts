import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SettingsFolder, someEncryptionKey, someKey } from '#test/settings-folder.js';
import { SettingsFault } from './settings-fault.js';

const good = `listen: { host: 127.0.0.1, port: 8080 }
management:
  port: 9090
store:
  redis:
    url: redis://redis:6379
    encryptionKeys:
      - { id: "2026-11", key: ${someEncryptionKey} }
clients:
  rabot:
    tokenEndpoint: https://auth.example/connect/token
    clientId: \${RABOT_CLIENT_ID}
    clientSecret: not-a-real-secret
    clientAuthentication: client_secret_post
    scopes: [api:partner, create:orders]
    requiredScopes: [api:partner]
    timeout: 10s
    preload: [[api:partner]]
    renewal: { at: 0.8 }
consumers:
  order-service:
    keys: ['${someKey}']
    allow:
      - { client: rabot, scopes: [create:orders] }
  report:
    workload: { issuer: cluster, subject: "system:serviceaccount:finance:report" }
    allow: [{ client: rabot, scopes: [api:partner] }]
workloadIssuers:
  cluster: { issuer: https://kubernetes.default.svc, audience: token-broker }
`;

const environment = { RABOT_CLIENT_ID: 'whitelabel', RABOT_SECRET: 'hunter2' };
let folder: SettingsFolder;
let file: string;

beforeAll(() => {
  folder = new SettingsFolder();
  file = folder.write('settings.yaml', good);
});
afterAll(() => folder.remove());

/** What is printed, with the file's own path taken off. */
function printed(text: string): string[] {
  try {
    folder.load(text, environment);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    return error.lines.map((line) => line.replace(file, 'settings.yaml'));
  }
}

const seconds = ', in seconds, or a duration such as 10s or 5m';

/** What is written instead of what, and the line that is printed: file, line, column, problem and what to do. */
const mistakes: [mistake: string, from: string, to: string, line: string][] = [
  [
    'a misspelt setting',
    'tokenEndpoint:',
    'tokenEndpont:',
    '11:5: clients.rabot.tokenEndpont: unknown setting; did you mean tokenEndpoint?',
  ],
  [
    'a setting in snake case',
    'clientId:',
    'client_id:',
    '12:5: clients.rabot.client_id: unknown setting; did you mean clientId?',
  ],
  [
    'the name of another program',
    'tokenEndpoint:',
    'token_url:',
    '11:5: clients.rabot.token_url: unknown setting; it is called tokenEndpoint here',
  ],
  [
    '`secret` for the client secret',
    'clientSecret:',
    'secret:',
    '13:5: clients.rabot.secret: unknown setting; it is called clientSecret here',
  ],
  [
    'an audience outside of parameters',
    'timeout: 10s',
    'audience: x',
    '17:5: clients.rabot.audience: unknown setting; it is called parameters.audience here',
  ],
  [
    'a setting of a client at the top',
    'listen:',
    'preload: []\nlisten:',
    '1:1: preload: unknown setting; preload stands in an entry of `clients`',
  ],
  [
    'a setting of a consumer in a client',
    'timeout: 10s',
    'allow: []',
    '17:5: clients.rabot.allow: unknown setting; allow stands in an entry of `consumers`',
  ],
  [
    'a setting of the top in a client',
    'timeout: 10s',
    'drainTime: 2',
    '17:5: clients.rabot.drainTime: unknown setting; drainTime stands at the top of the file',
  ],
  [
    'scopes of a consumer without allow',
    "keys: ['",
    "scopes: [a]\n    keys: ['",
    '22:5: consumers.order-service.scopes: unknown setting; it is called allow here',
  ],
  [
    'an http endpoint',
    'https://auth.example/connect',
    'http://auth.example/connect',
    '11:5: clients.rabot.tokenEndpoint: must be an https URL (http is for loopback hosts only), not http://auth.example/connect/token; did you mean https://auth.example/connect/token?',
  ],
  [
    'an endpoint without its scheme',
    'https://auth.example/connect',
    'auth.example/connect',
    '11:5: clients.rabot.tokenEndpoint: must be an https URL, not auth.example/connect/token; did you mean https://auth.example/connect/token?',
  ],
  [
    'no endpoint',
    '    tokenEndpoint: https://auth.example/connect/token\n',
    '',
    '10:3: clients.rabot.tokenEndpoint: must be set, unless `issuer` is',
  ],
  [
    'endpoint and issuer',
    'timeout: 10s',
    'issuer: https://auth.example',
    '11:5: clients.rabot.tokenEndpoint: must be left out when `issuer` is set: one of them names the token endpoint',
  ],
  ['no client id', '    clientId: ${RABOT_CLIENT_ID}\n', '', '10:3: clients.rabot.clientId: must be set'],
  [
    'an empty client id',
    'clientId: ${RABOT_CLIENT_ID}',
    'clientId:',
    '12:5: clients.rabot.clientId: must have a value',
  ],
  [
    'a variable that is not set',
    'RABOT_CLIENT_ID',
    'RABOT_CLIENT',
    '12:5: clients.rabot.clientId: needs the environment variable RABOT_CLIENT, which is not set',
  ],
  [
    'a misspelt variable',
    '${RABOT_CLIENT_ID}',
    '${RABOT_CLIENT_DI}',
    '12:5: clients.rabot.clientId: needs the environment variable RABOT_CLIENT_DI, which is not set; did you mean RABOT_CLIENT_ID?',
  ],
  [
    'a variable that is not closed',
    '${RABOT_CLIENT_ID}',
    '${RABOT_CLIENT_ID',
    '12:5: clients.rabot.clientId: must have each ${ continued as ${VAR} or ${VAR:-default}; a literal ${ is written $${',
  ],
  [
    'a variable without quotes in brackets',
    '[api:partner, create:orders]',
    '[${A}]',
    '15:15: must be valid YAML: inside [ ] or { } put ${VAR} into quotes',
  ],
  [
    'a numeric secret without quotes',
    'clientSecret: not-a-real-secret',
    'clientSecret: 12345',
    '13:5: clients.rabot.clientSecret: must be text in quotes or { file: PATH }, or a list of one or two of these',
  ],
  [
    'no secret',
    '    clientSecret: not-a-real-secret\n',
    '',
    '10:3: clients.rabot.clientSecret: must be set for client_secret_post',
  ],
  [
    'a secret file that is not there',
    'clientSecret: not-a-real-secret',
    'clientSecret: { file: /nowhere/secret }',
    '13:21: clients.rabot.clientSecret.file: must be a readable file: /nowhere/secret (no such file)',
  ],
  [
    'another client authentication',
    'client_secret_post',
    'post',
    '14:5: clients.rabot.clientAuthentication: must be one of client_secret_basic, …, not post; did you mean client_secret_post?',
  ],
  [
    'dashes in a client authentication',
    'client_secret_post',
    'client-secret-post',
    '14:5: clients.rabot.clientAuthentication: must be one of client_secret_basic, …, not client-secret-post; did you mean client_secret_post?',
  ],
  [
    'scopes in one text',
    '[api:partner, create:orders]',
    'api:partner create:orders',
    '15:5: clients.rabot.scopes: must be a list',
  ],
  [
    'a required scope that is not assigned',
    'requiredScopes: [api:partner]',
    'requiredScopes: [api:partners]',
    "16:22: clients.rabot.requiredScopes[0]: must be one of the client's scopes, or implied by one, not api:partners; did you mean api:partner?",
  ],
  [
    'a time-out beyond the limit',
    'timeout: 10s',
    'timeout: 90',
    `17:5: clients.rabot.timeout: must be a number from 0.1 to 60${seconds}, not 90`,
  ],
  [
    'a duration of another unit',
    'timeout: 10s',
    'timeout: 10 seconds',
    `17:5: clients.rabot.timeout: must be a number from 0.1 to 60${seconds}, not 10 seconds`,
  ],
  [
    'a list of scopes as preload',
    '[[api:partner]]',
    '[api:partner]',
    '18:5: clients.rabot.preload: must be a list of lists of scopes, such as [[api:partner]]',
  ],
  [
    'a share in percent',
    'at: 0.8',
    'at: 80',
    '19:16: clients.rabot.renewal.at: must be a number from 0.1 to 0.95, not 80',
  ],
  [
    'a key instead of its hash',
    `'${someKey}'`,
    "'tbk_not-a-real-key'",
    '22:5: consumers.order-service.keys: must be a list in which each is "sha256:" and 64 hex digits',
  ],
  [
    'a hash without the list',
    `['${someKey}']`,
    `'${someKey}'`,
    '22:5: consumers.order-service.keys: must be a list',
  ],
  [
    'no key',
    `    keys: ['${someKey}']\n`,
    '',
    '21:3: consumers.order-service.keys: must have at least one key, unless `workload` or `certificate` is set',
  ],
  [
    'the key of another consumer',
    'workload: {',
    `keys: ['${someKey}']\n    workload: {`,
    '26:12: consumers.report.keys[0]: is already used by order-service',
  ],
  [
    'an unknown client',
    '- { client: rabot',
    '- { client: robot',
    '24:11: consumers.order-service.allow[0].client: must be a name in `clients`, not robot; did you mean rabot?',
  ],
  [
    'a scope that the client does not have',
    'scopes: [create:orders] }',
    'scopes: [create:order] }',
    "24:35: consumers.order-service.allow[0].scopes[0]: must be one of the client's scopes, or implied by one, not create:order; did you mean create:orders?",
  ],
  [
    'allow without a list',
    '      - { client: rabot, scopes: [create:orders] }',
    '      client: rabot',
    '23:5: consumers.order-service.allow: must be a list of at least one mapping',
  ],
  [
    'an unknown issuer of workloads',
    'issuer: cluster',
    'issuer: clusters',
    '26:17: consumers.report.workload.issuer: must be a name in `workloadIssuers`, not clusters; did you mean cluster?',
  ],
  [
    'an issuer by http',
    'https://kubernetes.default.svc',
    'http://kubernetes.default.svc',
    '29:14: workloadIssuers.cluster.issuer: must be an https URL (http is for loopback hosts only), not http://kubernetes.default.svc; did you mean https://kubernetes.default.svc?',
  ],
  [
    'a port beyond the last',
    'port: 9090',
    'port: 90900',
    '3:3: management.port: must be a whole number from 0 to 65535, not 90900',
  ],
  [
    'one port for both sides',
    'port: 9090',
    'port: 8080',
    '2:1: management: must not be the same host and port as `listen`',
  ],
  [
    'a host with its port',
    'host: 127.0.0.1',
    'host: "http://127.0.0.1"',
    '1:11: listen.host: must be an IP address or a host name',
  ],
  [
    'a Redis URL of another scheme',
    'redis://redis:6379',
    'http://redis:6379',
    '6:5: store.redis.url: must be redis://user:password@host:6379/0, or rediss:// for TLS',
  ],
  [
    'an encryption key that is too short',
    someEncryptionKey,
    'c2hvcnQ=',
    '8:26: store.redis.encryptionKeys[0].key: must be exactly 32 bytes in base64; `openssl rand -base64 32` makes them',
  ],
  ['no consumers', good.slice(good.indexOf('consumers:')), '', '1:1: consumers: must be set'],
  ['a tab', '  rabot:', '\trabot:', '10:1: must be valid YAML: tabs must not indent'],
  [
    'a key twice',
    'timeout: 10s',
    'clientId: other',
    '17:5: must be valid YAML: this key is already in the mapping',
  ],
  [
    'an open bracket',
    '[api:partner, create:orders]',
    '[api:partner, create:orders',
    '16:5: must be valid YAML: the indentation does not fit, or a bracket is not closed',
  ],
  [
    'a colon in a text without quotes',
    'clientId: ${RABOT_CLIENT_ID}',
    'clientId: a: b',
    '12:15: must be valid YAML: a text with a colon must be put into quotes',
  ],
];

describe('a typical mistake in the settings', () => {
  it('the settings without one have no fault', () => {
    expect(printed(good)).toEqual([]);
  });

  it.each(mistakes)('%s is named with its file, line and column, and what to do', (_, from, to, line) => {
    expect(good).toContain(from);
    const lines = printed(good.replace(from, () => to));
    const parts = `settings.yaml:${line}`
      .split('…')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(parts.join('.*'))));
    expect(lines.join('\n')).not.toMatch(/not-a-real-(secret|key)|12345/);
  });

  it('of a value from a variable shows the variable, not what it holds', () => {
    const text = good.replace('timeout: 10s', 'timeout: ${RABOT_SECRET}');
    const lines = printed(text);
    expect(lines.join()).toContain('not ${RABOT_SECRET}');
    expect(lines.join()).not.toContain(environment.RABOT_SECRET);
  });

  it('is found behind anchors, in flow collections and in quotes', () => {
    const text = good
      .replace('renewal: { at: 0.8 }', 'renewal: &renewal { "at": 8 }')
      .replace('listen:', '"lisen": {}\nlisten:');
    expect(printed(text).toSorted()).toEqual([
      'settings.yaml:1:1: lisen: unknown setting; did you mean listen?',
      'settings.yaml:20:25: clients.rabot.renewal.at: must be a number from 0.1 to 0.95, not 8',
    ]);
  });
});
