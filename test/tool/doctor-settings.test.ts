import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { client } from '#test/partner.js';
import { answer, grant, ownServer, type Respond } from '../oauth/own-server.js';
import { diagnosis, settingsFile } from './doctor-report.js';

const root = join(import.meta.dirname, '../..');
const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const signing = { clientAuthentication: 'private_key_jwt', clientSecret: undefined, privateKey };
const granting = { ...signing, grant: 'jwt-bearer', clientAuthentication: undefined };

const refused =
  (error: string, status = 400): Respond =>
  (response) =>
    answer(response, status, { error });
const granted =
  (fields: object): Respond =>
  (response) =>
    grant(response, fields as Record<string, unknown>);

/** Setting -> what a client has of it by mistake, how its server answers that, and what the doctor says. */
const mistakes: Record<string, [fields: object, server: Respond, code: string, says: RegExp]> = {
  clientAuthentication: [
    {},
    refused('invalid_client', 401),
    'credential_refused',
    /set clientAuthentication: client_secret_basic/,
  ],
  basicEncoding: [
    { clientAuthentication: 'client_secret_basic', clientSecret: 'not-a-real$secret' },
    refused('invalid_client', 401),
    'credential_refused',
    /set basicEncoding: none/,
  ],
  keyId: [
    { ...signing, keyId: 'key-9' },
    refused('invalid_client', 401),
    'credential_refused',
    /with the kid key-9/,
  ],
  algorithm: [
    { ...signing, algorithm: 'PS512' },
    refused('invalid_client', 401),
    'credential_refused',
    /signed by PS512, without a kid/,
  ],
  'assertion.audience': [
    { ...signing, assertion: { audience: 'https://other.example' } },
    refused('invalid_client', 401),
    'credential_refused',
    /for the audience https:\/\/other\.example/,
  ],
  'assertion.type': [
    { ...signing, assertion: { type: 'client-authentication+jwt' } },
    refused('invalid_client', 401),
    'credential_refused',
    /with the typ client-authentication\+jwt/,
  ],
  'assertion.lifetime': [
    { ...signing, assertion: { lifetime: '1h' } },
    refused('invalid_client', 401),
    'credential_refused',
    /it is valid for 3600 s; some servers accept only a few minutes/,
  ],
  'assertion.subject': [
    granting,
    refused('invalid_grant'),
    'credential_refused',
    /for no subject, with the scopes in the parameter scope/,
  ],
  'assertion.scopeClaim': [
    { ...granting, assertion: { subject: 'robot', scopeClaim: 'scp' } },
    refused('invalid_grant'),
    'credential_refused',
    /the subject robot, with the scopes in the claim scp/,
  ],
  headers: [{}, (response) => answer(response, 403, {}), 'wrong_endpoint', /set headers of this client/],
  bodyFormat: [
    { bodyFormat: 'json' },
    refused('invalid_request'),
    'request_refused',
    /remove bodyFormat: json/,
  ],
  scopeSeparator: [
    { scopeSeparator: ',' },
    refused('invalid_scope'),
    'scope_not_assigned',
    /separated by ","/,
  ],
  responseFields: [
    {},
    (response) => answer(response, 200, { jwt: 'not-a-real-token' }),
    'answer_malformed',
    /name it in responseFields/,
  ],
  'responseFields.expires_at': [
    { responseFields: { expires_at: 'until' } },
    granted({ until: '2001-01-01T00:00:00Z' }),
    'answer_malformed',
    /expires_at was already in the past/,
  ],
  acceptTokenTypes: [{}, granted({ token_type: 'BearerToken' }), 'answer_malformed', /acceptTokenTypes/],
  defaultLifetime: [{}, granted({ expires_in: undefined }), 'lifetime_missing', /set defaultLifetime/],
  maxLifetime: [{}, granted({ expires_in: 999_999 }), 'lifetime_capped', /maxLifetime/],
  maxTokenRequests: [{}, (response) => answer(response, 429), 'throttled', /set maxTokenRequests/],
  expiresAt: [{ expiresAt: '2001-01-01' }, granted({}), 'credential_expired', /expiresAt/],
  grant: [{}, refused('unauthorized_client'), 'grant_not_enabled', /client_credentials/],
  impliedScopes: [{}, granted({ scope: 'api:partner' }), 'scope_narrower', /say so in impliedScopes/],
  resources: [
    { resources: ['https://other.example'] },
    refused('invalid_target'),
    'target_not_allowed',
    /resource/,
  ],
  parameters: [
    { parameters: { audience: 'https://other.example' } },
    refused('invalid_target'),
    'target_not_allowed',
    /parameter/,
  ],
};

/** Setting -> the test that has its typical mistake by a server, proxy, certificate or running broker of its own. */
const elsewhere: Record<string, string> = {
  preset: 'test/vendors/presets',
  tokenEndpoint: 'test/tool/doctor-misbehaviour',
  issuer: 'test/tool/doctor-misbehaviour',
  jwksUri: 'test/tool/doctor-keys',
  jwksCheckInterval: 'test/tool/doctor-keys',
  oneTokenPerClient: 'test/tool/doctor-keys',
  clientId: 'test/tool/doctor-credentials',
  ca: 'test/tool/doctor-tls',
  proxy: 'test/tool/doctor-proxy',
  scopes: 'test/tool/doctor-credentials',
  requiredScopes: 'apps/broker/src/cli/doctor/wanted-scope-sets',
  timeout: 'apps/broker/src/cli/doctor/response-findings',
  maxTokenRequestsPerMinute: 'test/tool/doctor-credentials',
  preload: 'test/tool/doctor-credentials',
  renewal: 'apps/broker/src/cli/doctor/running-findings',
  clientSecret: 'test/tool/doctor-credentials',
  privateKey: 'test/tool/doctor-assertions',
  keys: 'test/tool/doctor-keys',
  certificate: 'test/tool/doctor-tls',
  key: 'test/tool/doctor-tls',
  clientAssertion: 'test/tool/doctor-assertions',
};

const warnings: Record<string, object> = {
  revokeOnRemoval: { revokeOnRemoval: true },
  revocationEndpoint: { revokeOnRemoval: true },
};

const schema = JSON.parse(readFileSync(join(root, 'apps/broker/settings.schema.json'), 'utf8')) as {
  definitions: { ClientSchema: { properties: Record<string, unknown> } };
};

describe('the doctor, of the typical mistake of each setting', () => {
  it.each(Object.keys(schema.definitions.ClientSchema.properties))('has a test of it: %s', (setting) => {
    const here = [...Object.keys(mistakes), ...Object.keys(warnings)].map((name) => name.split('.')[0]);
    const file = elsewhere[setting];
    const text = file === undefined ? '' : readFileSync(join(root, `${file}.test.ts`), 'utf8');
    expect(here.includes(setting) || new RegExp(`\\b${setting}\\b`).test(text)).toBe(true);
  });

  it.each(Object.entries(warnings))('warns of it: %s', async (setting, fields) => {
    const { origin } = await ownServer(granted({}));
    const { report } = await diagnosis(
      settingsFile({ rabot: client({ tokenEndpoint: `${origin}/token` }, fields) }),
    );
    expect(report.warnings).toEqual([
      expect.stringMatching(`has no effect.*${setting}|${setting}: has no effect`),
    ]);
  });

  it.each(Object.entries(mistakes))('names it: %s', async (_setting, [fields, respond, code, says]) => {
    const { origin } = await ownServer(respond);
    const server = { tokenEndpoint: `${origin}/token` };
    const { findings, stdout } = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    const found = findings.find((one) => one.code === code);
    expect([found?.detail, ...(found?.hints ?? [])].join('\n')).toMatch(says);
    expect(stdout).not.toContain('not-a-real$secret');
    expect(stdout).not.toContain('PRIVATE KEY');
  });
});
