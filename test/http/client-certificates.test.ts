import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { Authority, type Identity } from '#test/certificates.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

interface Reply {
  status: number;
  requestId: string;
  body: Record<string, unknown>;
}

interface Asked {
  path?: string;
  headers?: Record<string, string>;
  form?: Record<string, string>;
}

const atEnd = atEndOfAll();
const { key, hash } = someKey();
const allow = [{ client: 'rabot', scopes: ['api:partner'] }];
const clientAuth = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);
const names = (...all: { type: 'url' | 'dns'; value: string }[]) =>
  new x509.SubjectAlternativeNameExtension(all);
const svid = (...ids: string[]) => names(...ids.map((value) => ({ type: 'url' as const, value })));

let authority: Authority;
let elsewhere: Authority;
let broker: BrokerProcess;

beforeAll(async () => {
  authority = await Authority.create('CN=throwaway authority');
  elsewhere = await Authority.create('CN=another authority');
  const server = await runningServer({}, atEnd);
  const identity = await authority.issueForServer();
  const tls = { certificate: identity.cert, key: identity.key, clientCa: authority.pem };
  broker = await BrokerProcess.start(
    {
      listen: { host: '127.0.0.1', port: 0, tls },
      clients: { rabot: client(server) },
      consumers: {
        'order-service': consumer({ hash }),
        report: { certificate: { spiffeId: 'spiffe://acme.example/ns/finance/sa/report' }, allow },
        jobs: {
          certificate: [{ spiffeId: 'spiffe://acme.example/ns/jobs/sa/*' }, { san: 'jobs.acme.example' }],
          allow,
        },
        legacy: { certificate: { subject: 'CN=legacy, O=Example' }, allow },
      },
    },
    { atEnd },
  );
});

/** Issued for a client. */
const issued =
  (extensions: x509.Extension[], subject = 'CN=anything', hours?: [number, number]) =>
  () =>
    authority.issue(subject, [clientAuth, ...extensions], hours);

async function byHttp1(
  own: Identity | undefined,
  { path = '/token', headers = {}, form }: Asked = {},
): Promise<Reply> {
  const body = form && new URLSearchParams(form).toString();
  const call = request(`${broker.consumers}${path}`, {
    method: form === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) },
    agent: false,
    ca: authority.pem,
    ...own,
  });
  call.end(body);
  const [response] = await once(call, 'response');
  const id = String(response.headers['x-request-id']);
  return { status: response.statusCode, requestId: id, body: (await json(response)) as Reply['body'] };
}

async function byHttp2(own: Identity | undefined): Promise<Reply> {
  const session = connect(broker.consumers, { ca: authority.pem, ...own });
  const stream = session.request({ ':path': '/token' });
  const [[response], body] = await Promise.all([once(stream, 'response'), json(stream)]);
  session.close();
  const id = String(response['x-request-id']);
  return { status: Number(response[':status']), requestId: id, body: body as Reply['body'] };
}

async function auditOf({ requestId }: Reply): Promise<Record<string, unknown>> {
  return broker.logged((line) => line['requestId'] === requestId);
}

describe('a consumer with a client certificate', () => {
  it.each<[string, () => Promise<Identity>, string]>([
    ['its SPIFFE ID', issued([svid('spiffe://acme.example/ns/finance/sa/report')]), 'report'],
    ['a SPIFFE ID that fits its pattern', issued([svid('spiffe://acme.example/ns/jobs/sa/nightly')]), 'jobs'],
    [
      'a DNS name',
      issued([names({ type: 'dns', value: 'other.example' }, { type: 'dns', value: 'jobs.acme.example' })]),
      'jobs',
    ],
    [
      'its SPIFFE ID beside an empty subject, as Istio and cert-manager issue it',
      issued([svid('spiffe://acme.example/ns/finance/sa/report')], ''),
      'report',
    ],
    ['its subject', issued([], 'O=Example, CN=legacy'), 'legacy'],
  ])('is known by %s, by HTTP/1.1 and HTTP/2', async (_, make, name) => {
    const own = await make();
    for (const reply of [await byHttp1(own), await byHttp2(own)]) {
      expect(reply.status).toBe(200);
      expect(await auditOf(reply)).toMatchObject({ audit: 'served', consumer: name });
    }
  });

  it.each<[string, () => Promise<Identity | undefined>, string]>([
    ['no certificate', async () => undefined, 'neither a credential nor a client certificate was sent'],
    [
      'an expired one',
      issued([svid('spiffe://acme.example/ns/finance/sa/report')], 'CN=x', [-48, -1]),
      'the client certificate has expired',
    ],
    [
      'one that is not valid yet',
      issued([svid('spiffe://acme.example/ns/finance/sa/report')], 'CN=x', [1, 2]),
      'the client certificate is not valid yet',
    ],
    [
      'one of another authority',
      () => elsewhere.issue('CN=x', [clientAuth, svid('spiffe://acme.example/ns/finance/sa/report')]),
      'the client certificate is not signed by an authority of listen.tls.clientCa (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
    ],
    [
      'another SPIFFE ID',
      issued([svid('spiffe://acme.example/ns/finance/sa/other')]),
      'no consumer has a rule that fits the SPIFFE ID spiffe://acme.example/ns/finance/sa/other',
    ],
    [
      'a SPIFFE ID below one of its own',
      issued([svid('spiffe://acme.example/ns/jobs/sa/nightly/admin')]),
      'no consumer has a rule that fits the SPIFFE ID spiffe://acme.example/ns/jobs/sa/nightly/admin',
    ],
    [
      'two SPIFFE IDs',
      issued([svid('spiffe://acme.example/ns/finance/sa/report', 'spiffe://acme.example/ns/finance/sa/two')]),
      'no consumer has a rule that fits the certificate of CN=anything',
    ],
    [
      'names of two consumers',
      issued([
        names(
          { type: 'dns', value: 'jobs.acme.example' },
          { type: 'url', value: 'spiffe://acme.example/ns/finance/sa/report' },
        ),
      ]),
      'the rules of several consumers fit: report, jobs',
    ],
    [
      'a subject in which another one is written',
      issued([], 'CN=legacy\\, O=Example, O=Evil'),
      String.raw`no consumer has a rule that fits the certificate of O=Evil,CN=legacy\, O=Example`,
    ],
  ])('is refused with %s, in its own words in the audit', async (_, make, reason) => {
    const own = await make();
    for (const reply of [await byHttp1(own), await byHttp2(own)]) {
      expect([reply.status, reply.body['error']]).toEqual([401, 'invalid_client']);
      expect(await auditOf(reply)).toMatchObject({ audit: 'invalid_client', reason });
      expect(JSON.stringify(reply.body)).not.toContain(reason);
    }
  });

  it('is the one of its API key when it sends one', async () => {
    const own = await issued([svid('spiffe://acme.example/ns/finance/sa/report')])();
    const reply = await byHttp1(own, { headers: { authorization: `Bearer ${key}` } });
    expect(await auditOf(reply)).toMatchObject({ consumer: 'order-service' });
    expect((await byHttp1(own, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
  });

  it('may be an OAuth client without a secret (tls_client_auth)', async () => {
    const own = await issued([svid('spiffe://acme.example/ns/finance/sa/report')])();
    const ask = (clientId: string) =>
      byHttp1(own, {
        path: '/oauth2/token',
        form: { grant_type: 'client_credentials', client_id: clientId, scope: 'api:partner' },
      });
    expect((await ask('report')).status).toBe(200);
    expect((await ask('jobs')).status).toBe(401);
    const { body } = await byHttp1(own, { path: '/.well-known/oauth-authorization-server' });
    expect(body['token_endpoint_auth_methods_supported']).toContain('tls_client_auth');
  });

  it('is refused on a connection that stays when its authority leaves listen.tls.clientCa', async () => {
    const server = await runningServer({}, atEnd);
    const identity = await authority.issueForServer();
    const settings = (clientCa: string) => ({
      listen: {
        host: '127.0.0.1',
        port: 0,
        tls: { certificate: identity.cert, key: identity.key, clientCa },
      },
      clients: { rabot: client(server) },
      consumers: { report: { certificate: { san: 'report.acme.example' }, allow } },
    });
    const own = await BrokerProcess.start(settings(authority.pem), { atEnd });
    const below = await authority.subordinate('CN=below');
    const san = names({ type: 'dns', value: 'report.acme.example' });
    const connected = ({ key: ownKey, cert }: Identity) => {
      const h2 = connect(own.consumers, { ca: authority.pem, key: ownKey, cert });
      atEnd(async () => h2.destroy());
      return h2;
    };
    const direct = connected(await authority.issue('CN=report', [clientAuth, san]));
    const { key: ownKey, cert } = await below.issue('CN=report', [clientAuth, san]);
    const chained = { key: ownKey, cert: `${cert}\n${below.pem}` };
    const indirect = connected(chained);
    const ask = async (h2: ClientHttp2Session) => {
      const stream = h2.request({ ':path': '/token' });
      const [[response]] = await Promise.all([once(stream, 'response'), json(stream)]);
      return Number(response[':status']);
    };
    const all = () => Promise.all([direct, indirect].map(ask));
    const reloaded = async (clientCa: string, times: number) => {
      own.rewrite(settings(clientCa));
      const isReload = ({ msg }: Record<string, unknown>) => msg === 'settings reloaded';
      await until(async () => own.lines.filter(isReload).length === times, 'reloaded');
    };
    expect(await all()).toEqual([200, 200]);
    await reloaded(`${elsewhere.pem}\n${authority.pem}`, 1);
    expect(await all()).toEqual([200, 200]);
    await reloaded(elsewhere.pem, 2);
    // Of the other one it is not known what lies between: it stays for as long as its connection.
    expect(await all()).toEqual([401, 200]);
    expect(await ask(connected(chained))).toBe(401);
    await own.logged(({ reason }) => String(reason).includes('that listen.tls.clientCa no longer has'));
    await reloaded(authority.pem, 3);
    expect(await all()).toEqual([200, 200]);
  });
});
