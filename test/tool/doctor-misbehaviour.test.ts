import { expect, describe, it } from 'vitest';
import type { Misbehaviour } from '../../apps/dev-authorization-server/src/misbehaviour.js';
import { client, clientSecret } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { type Diagnosis, diagnosis, settingsFile } from './doctor-report.js';
import { toolRun } from './tool-run.js';

/** Words that point to the cause, and settings of the client that the case needs. */
type Row = [what: string, misbehaviour: Misbehaviour, code: string, words?: RegExp, fields?: object];

const impatient = { timeout: 2 };

const faults: Row[] = [
  ['invalid_client', { answer: { error: 'invalid_client' } }, 'credential_refused', /white space/],
  ['unauthorized_client', { answer: { error: 'unauthorized_client' } }, 'grant_not_enabled'],
  ['unsupported_grant_type', { answer: { error: 'unsupported_grant_type' } }, 'wrong_endpoint'],
  ['invalid_scope', { answer: { error: 'invalid_scope' } }, 'scope_not_assigned', /says that they are/],
  ['invalid_target', { answer: { error: 'invalid_target' } }, 'target_not_allowed'],
  ['invalid_request', { answer: { error: 'invalid_request' } }, 'request_refused'],
  ['a code of its own', { answer: { error: 'account_suspended' } }, 'request_refused', /account_suspended/],
  ['server_error', { answer: { error: 'server_error' } }, 'server_down'],
  ['HTTP 500 with a page', { answer: { status: 500, html: true } }, 'server_down', /proxy, gateway/],
  ['HTTP 503 for 20 s', { answer: { status: 503, headers: { 'retry-after': '20' } } }, 'server_down', /20 s/],
  ['429 for 30 s', { answer: { retryAfter: 30 } }, 'throttled', /30 s/],
  ['429 until a date', { answer: { retryAfterDate: 40 } }, 'throttled', /40 s/],
  ['429 without a time', { answer: { status: 429 } }, 'throttled', /no Retry-After was sent/],
  [
    'a redirect',
    { answer: { redirectTo: 'https://other.example/log-in?next=x' } },
    'redirected',
    /other\.example/,
  ],
  ['a proxy that wants a log-in', { answer: { status: 407 } }, 'proxy_log_in'],
  ['a page with status 200', { answer: { html: true } }, 'answer_is_a_page', /login page/],
  ['a page with status 404', { answer: { status: 404, html: true } }, 'wrong_endpoint', /proxy, gateway/],
  ['a 403 without an OAuth error', { answer: { status: 403 } }, 'wrong_endpoint', /known: .*assumed: /],
  ['a 401 without an OAuth error', { answer: { status: 401 } }, 'credential_refused', /known: .*assumed: /],
  [
    'a 404 without an OAuth error',
    { answer: { status: 404 } },
    'wrong_endpoint',
    /no credential was evaluated; assumed: /,
  ],
  ['a demand for DPoP', { answer: { error: 'use_dpop_nonce' } }, 'dpop_demanded', /Bearer tokens/],
  ['a DPoP token', { fields: { token_type: 'DPoP' } }, 'dpop_demanded', /RFC 9449/],
  ['an empty answer', { answer: {} }, 'answer_malformed'],
  ['an error in spite of status 200', { answer: { json: { error: 'x' } } }, 'request_refused'],
  ['a body that is no JSON', { answer: { body: 'so sorry' } }, 'answer_malformed'],
  ['bytes', { answer: { base64: 'AAEC' } }, 'answer_malformed'],
  ['another token_type', { fields: { token_type: 'mac' } }, 'answer_malformed', /token_type/],
  ['no access_token', { withoutFields: ['access_token'] }, 'answer_malformed'],
  ['a huge body', { hugeBody: 300 }, 'answer_malformed', /too large/],
  ['a bomb', { hugeBody: 300, gzip: true }, 'answer_malformed', /too large/],
  ['less than asked for', { fields: { scope: 'api:partner' } }, 'scope_narrower', /create:orders/],
  ['a life of 5 s', { lifetime: 5 }, 'lifetime_short', /not cached/],
  ['no answer at all', { hang: true }, 'no_answer', undefined, impatient],
  ['a connection closed', { close: true }, 'connection_lost'],
  ['a reset in the middle', { resetMidBody: true }, 'answer_drips'],
  ['a drip', { drip: 500 }, 'answer_drips', undefined, { timeout: 2 }],
];

const oddities: Row[] = [
  ['more than asked for', { fields: { scope: 'api:partner create:orders admin' } }, 'scope_wider'],
  ['no expires_in', { withoutFields: ['expires_in'] }, 'lifetime_missing', /defaultLifetime/],
  ['a life of a week', { lifetime: 604_800 }, 'lifetime_capped'],
  ['a life of a minute', { lifetime: 60 }, 'lifetime_short', /each renewal counts/],
  ['a clock ten minutes ahead', { clockOffset: 600 }, 'clock_skew', /(?:59[5-9]|60[0-5]) s ahead/],
  ['a clock ten minutes behind', { clockOffset: -600 }, 'clock_skew', /(?:59[5-9]|60[0-5]) s behind/],
  ['a delay', { delay: 1_500 }, 'slow', undefined, { timeout: 5.5 }],
];

const harmless: [string, Misbehaviour][] = [
  ['gzip', { gzip: true }],
  ['the same token again', { sameTokenAgain: true }],
  ['a duplicate of a field', { rawFields: '"expires_in": 1800' }],
];

async function diagnosed(misbehaviour: Misbehaviour, fields?: object): Promise<Diagnosis> {
  const server = await runningServer();
  server.misbehave(misbehaviour);
  const found = await diagnosis(settingsFile({ rabot: client(server, fields) }));
  expect(server.counts.total).toBe(1);
  expect(found.stdout + found.stderr).not.toMatch(/eyJ/);
  expect(found.stdout + found.stderr).not.toContain(clientSecret);
  return found;
}

describe('the doctor, of an authorization server that misbehaves', () => {
  it.each(faults)('names the fault %s, after one request', async (_, misbehaviour, code, words, fields) => {
    const { codes, findings, status, report } = await diagnosed(misbehaviour, fields);
    expect(codes).toEqual([code]);
    expect(JSON.stringify(findings)).toMatch(words ?? /./);
    expect({ status, fine: report.fine }).toEqual({ status: 1, fine: false });
  });

  it.each(oddities)('warns of %s', async (_, misbehaviour, code, words, fields) => {
    const { codes, findings, status, report } = await diagnosed(misbehaviour, fields);
    expect(codes).toEqual([code]);
    expect(JSON.stringify(findings)).toMatch(words ?? /./);
    expect({ status, fine: report.fine }).toEqual({ status: 0, fine: true });
  });

  it.each(harmless)('finds nothing in %s', async (_, misbehaviour) => {
    const { codes, status } = await diagnosed(misbehaviour);
    expect({ codes, status }).toEqual({ codes: [], status: 0 });
  });

  it('names the cause of requests that are held back', async () => {
    const server = await runningServer();
    server.hold();
    const found = await diagnosis(settingsFile({ rabot: client(server, impatient) }));
    expect(found.codes).toEqual(['no_answer']);
  });

  it('names the cause when nothing listens, and the proxy that the broker does not use', async () => {
    const server = await runningServer();
    await server.stop();
    const file = settingsFile({ rabot: client(server) });
    const found = await diagnosis(file, { HTTPS_PROXY: 'http://user:not-to-be-shown@proxy.example' });
    expect(found.codes).toEqual(['refused_connection']);
    expect(found.findings[0]?.hints).toEqual([expect.stringMatching(/^HTTPS_PROXY name a proxy/)]);
    expect(found.stdout).not.toContain('not-to-be-shown');
  });

  it('names the cause when the host is unknown', async () => {
    const fields = { tokenEndpoint: 'https://auth.invalid/token' };
    const found = await diagnosis(settingsFile({ rabot: client({ tokenEndpoint: '' }, fields) }));
    expect(found.codes).toEqual(['name_unresolved']);
  });

  it.each([
    ['not those of an issuer', 'metadata_unusable', (url: string) => `${url}/elsewhere`],
    ['those of this issuer', undefined, (url: string) => url],
  ])('looks at metadata that are %s', async (_, code, issuer) => {
    const server = await runningServer();
    const fields = { tokenEndpoint: undefined, issuer: issuer(server.url) };
    const found = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    expect(found.codes).toEqual(code === undefined ? [] : [code]);
  });
});

describe('the doctor, of a server that echoes secrets and steers terminals', () => {
  it('shows neither', async () => {
    const server = await runningServer();
    const json = { error: 'invalid_client', error_description: `\u001B[2J${clientSecret} is wrong\u0007` };
    server.misbehave({ answer: { status: 401, json } });
    const file = settingsFile({ rabot: client(server) });
    for (const args of [
      ['doctor', file],
      ['doctor', file, '--json'],
    ]) {
      const { stdout, stderr } = await toolRun(args);
      expect(stdout).toMatch(/\[redacted\] is wrong/);
      expect(stdout + stderr).not.toContain(clientSecret);
      for (const steering of ['\u001B', '\u0007']) expect(stdout + stderr).not.toContain(steering);
    }
  });
});
