import { beforeAll, describe, expect, it } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { someCertificates } from '#test/certificates.js';
import { type ForwardProxy, startSquid, startTinyproxy } from '#test/forward-proxy.js';
import { freePort } from '#test/free-port.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

const login = 'broker:not-a-real-secret';

describe('proxy', () => {
  const atEnd = atEndOfAll();
  const { key, hash } = someKey();
  let server: DevAuthorizationServer;
  let squid: ForwardProxy;
  let tinyproxy: ForwardProxy;
  let tlsSquid: ForwardProxy;
  let broker: BrokerProcess;

  beforeAll(async () => {
    const { ca, server: tls } = await someCertificates();
    const clients = ['by-squid', 'by-issuer', 'by-tinyproxy', 'wrong', 'down', 'not-allowed'].map(
      (clientId) => ({
        clientId,
        partnerType: 'whitelabel' as const,
        authentication: { method: 'client_secret_post' as const },
        secrets: ['not-a-real-secret'],
      }),
    );
    for (const clientId of [
      'suffix',
      'cidr',
      'port',
      'environment',
      'own-way',
      'other-port',
      'by-tls',
      'tls-wrong',
      'tls-unknown',
    ]) {
      clients.push({ ...clients[0]!, clientId });
    }
    server = await runningServer({ tls, name: 'localhost', clients }, atEnd);
    const allowedPort = Number(new URL(server.url).port);
    [squid, tinyproxy, tlsSquid] = await Promise.all([
      startSquid({ login, allowedPort, atEnd }),
      startTinyproxy({ login, atEnd }),
      startSquid({ login, tls, atEnd }),
    ]);
    const elsewhere = await runningServer({ tls, name: 'localhost', clients }, atEnd);
    const down = { url: `http://127.0.0.1:${await freePort()}` };
    const numeric = server.tokenEndpoint.replace('localhost', '127.0.0.1');
    const ways = {
      'by-squid': {},
      'by-issuer': { tokenEndpoint: undefined, issuer: server.issuer },
      'by-tinyproxy': { proxy: tinyproxy.url.replace('://', `://${login}@`) },
      wrong: { proxy: { url: tinyproxy.url, username: 'broker', password: 'another' } },
      down: { proxy: down },
      'not-allowed': { tokenEndpoint: elsewhere.tokenEndpoint },
      suffix: { proxy: { ...down, noProxy: ['.localhost'] } },
      cidr: { proxy: { ...down, noProxy: ['127.0.0.0/8'] }, tokenEndpoint: numeric },
      port: { proxy: { ...down, noProxy: [`localhost:${allowedPort}`] } },
      'other-port': { proxy: { ...down, noProxy: ['localhost:1'] } },
      environment: { proxy: 'environment' },
      'own-way': { proxy: 'none' },
      'by-tls': { proxy: { url: tlsSquid.url, ca, username: 'broker', password: '${PROXY_PASSWORD}' } },
      'tls-wrong': { proxy: { url: tlsSquid.url, ca, username: 'broker', password: 'another' } },
      'tls-unknown': { proxy: { url: tlsSquid.url, username: 'broker', password: '${PROXY_PASSWORD}' } },
    };
    const names = Object.keys(ways);
    const clientsOf = Object.entries(ways).map(([clientId, fields]) => [
      clientId,
      { ...client(server, { ca, clientId, ...fields }) },
    ]);
    const workload = { issuer: 'platform', subject: 'by-squid' };
    broker = await BrokerProcess.start(
      {
        proxy: { url: squid.url, username: 'broker', password: '${PROXY_PASSWORD}' },
        clients: Object.fromEntries(clientsOf),
        consumers: {
          'order-service': consumer({ hash }, ['api:partner'], names),
          platform: { ...consumer({ hash }, ['api:partner'], ['own-way']), keys: undefined, workload },
        },
        workloadIssuers: {
          platform: { issuer: server.issuer, audience: `${server.issuer}/partner`, ca },
        },
      },
      {
        atEnd,
        environment: {
          PROXY_PASSWORD: 'not-a-real-secret',
          HTTPS_PROXY: `127.0.0.1:${tinyproxy.port}`,
          NO_PROXY: 'auth.example, .localhost',
        },
      },
    );
  });

  const token = (name: string, credential = key) => broker.get(`/token?client=${name}`, credential);

  it('is the way to the token endpoint, to metadata, and to the keys of workload issuers', async () => {
    const { status, body } = await token('by-squid');
    expect(status).toBe(200);
    expect((await token('by-issuer')).status).toBe(200);
    expect((await token('own-way', String(body['access_token']))).status).toBe(200);
    // Squid logs a tunnel when it ends.
    const tunnel = new RegExp(`TCP_TUNNEL/200 \\d+ CONNECT localhost:${new URL(server.url).port} `, 'g');
    await until(async () => (squid.log().match(tunnel)?.length ?? 0) >= 3, 'squid logs three tunnels');
  });

  it('takes user and password from its URL', async () => {
    expect((await token('by-tinyproxy')).status).toBe(200);
    expect(tinyproxy.log()).toContain(`CONNECT localhost:${new URL(server.url).port}`);
  });

  it('is reached by TLS where its URL is https', async () => {
    expect((await token('by-tls')).status).toBe(200);
    const tunnel = new RegExp(`CONNECT localhost:${new URL(server.url).port} `);
    await until(async () => tunnel.test(tlsSquid.log()), 'squid logs the tunnel');
  });

  it.each(['suffix', 'cidr', 'port', 'environment', 'own-way'])(
    'is not used where NO_PROXY or none says so: %s',
    async (name) => {
      expect((await token(name)).status).toBe(200);
    },
  );

  it.each([
    ['down', /^localhost:\d+ cannot be reached .* by the proxy 127\.0\.0\.1:\d+ \(PROXY_ECONNREFUSED\)/],
    ['other-port', /\(PROXY_ECONNREFUSED\)/],
    ['wrong', /\(PROXY_HTTP_40[17]\).*username and password/],
    ['not-allowed', /\(PROXY_HTTP_403\).*noProxy/],
    ['tls-wrong', /\(PROXY_HTTP_407\).*username and password/],
    ['tls-unknown', /by the proxy localhost:\d+ \(PROXY_/],
  ])('that fails is named: %s', async (name, description) => {
    const { status, body } = await token(name);
    expect(status).toBe(503);
    expect(body['error_description']).toMatch(description);
    expect(JSON.stringify(body)).not.toContain('not-a-real-secret');
  });

  it('shows its password nowhere', async () => {
    await token('by-squid');
    expect(broker.output + (await broker.metrics())).not.toMatch(/not-a-real-secret|bm90LWEtcmVhbC1zZWNyZXQ/);
  });
});
