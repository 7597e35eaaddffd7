import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { Agent, request } from 'node:https';
import { json } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { Authority, type Identity } from '#test/certificates.js';
import { MountedFiles } from '#test/mounted-files.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

const path = '/token?scopes=api:partner';
const atEnd = atEndOfAll();
const { key, hash } = someKey();
const headers = { authorization: `Bearer ${key}` };

let authority: Authority;
let files: MountedFiles;
let broker: BrokerProcess;
let settings: object;

const mounted = (identity: Identity) => ({ 'tls.crt': identity.cert, 'tls.key': identity.key });

beforeAll(async () => {
  authority = await Authority.create('CN=throwaway authority');
  files = new MountedFiles(mounted(await authority.issueForServer()));
  atEnd(async () => files.remove());
  const server = await runningServer({}, atEnd);
  const local = { host: '127.0.0.1', port: 0, tls: tlsOf(files) };
  settings = {
    listen: local,
    management: local,
    clients: { rabot: client(server) },
    consumers: { 'order-service': consumer({ hash }) },
  };
  broker = await BrokerProcess.start(settings, { atEnd });
});

async function byHttp1(agent: Agent, url = `${broker.consumers}${path}`): Promise<Reply> {
  const call = request(url, { agent, headers, ca: authority.pem });
  call.end();
  const [response] = await once(call, 'response');
  return { status: response.statusCode, body: (await json(response)) as Reply['body'] };
}

function session(): ClientHttp2Session {
  return connectHttp2(broker.consumers, { ca: authority.pem });
}

async function byHttp2(on: ClientHttp2Session, url = path): Promise<Reply> {
  const stream = on.request({ ':path': url, ...headers });
  const [[response], body] = await Promise.all([once(stream, 'response'), json(stream)]);
  return { status: Number(response[':status']), body: body as Reply['body'] };
}

/** Of a new connection. */
async function servedCertificate(): Promise<string> {
  const { port, hostname: host } = new URL(broker.consumers);
  const socket = connectTls({ port: Number(port), host, ca: authority.pem });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerX509Certificate()!;
  socket.destroy();
  return fingerprint256;
}

/** Asks one request after the other until the signal comes; each reply is a status, or what went wrong. */
async function loadOf(ask: () => Promise<Reply>, { signal }: AbortController): Promise<(number | string)[]> {
  const replies: (number | string)[] = [];
  while (!signal.aborted) {
    const { status } = await ask().catch((error: unknown) => ({ status: String(error) }));
    replies.push(status);
    // The machine has other work than this load.
    await pause(20);
  }
  return replies;
}

describe('listen.tls', () => {
  it('serves tokens by HTTP/1.1 and by HTTP/2, and operators by HTTPS', async () => {
    expect([broker.consumers, broker.management]).toEqual([
      expect.stringMatching(/^https:/),
      expect.stringMatching(/^https:/),
    ]);
    const agent = new Agent();
    const h2 = session();
    onTestFinished(() => void h2.destroy());
    const [one, other] = [await byHttp1(agent), await byHttp2(h2)];
    expect([one.status, other.status, h2.alpnProtocol]).toEqual([200, 200, 'h2']);
    expect(other.body['access_token']).toBe(one.body['access_token']);
    expect((await byHttp1(agent, `${broker.management}/readyz`)).status).toBe(200);
  });

  it('refuses by HTTP/2 as by HTTP/1.1', async () => {
    const agent = new Agent();
    const h2 = session();
    onTestFinished(() => void h2.destroy());
    for (const url of ['/token?scopes=none', '/nowhere', '/token?scopes=%zz', '/oauth2/token']) {
      const { status, body } = await byHttp1(agent, `${broker.consumers}${url}`);
      expect(await byHttp2(h2, url)).toEqual({ status, body });
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });

  it('names https in the metadata of RFC 8414 where publicUrl does not', async () => {
    const { body } = await byHttp1(new Agent(), `${broker.consumers}/.well-known/oauth-authorization-server`);
    expect(body['token_endpoint']).toBe(`${broker.consumers}/oauth2/token`);
  });

  it('fails no request while its certificate changes 100 times', { timeout: 120_000 }, async () => {
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    const fresh = new Agent({ keepAlive: false });
    const h2 = session();
    const sockets = new Set<unknown>();
    kept.on('free', (socket) => sockets.add(socket));
    let ended = 0;
    h2.on('close', () => ended++);
    const end = new AbortController();
    onTestFinished(() => end.abort());
    const loads = [
      loadOf(() => byHttp1(kept), end),
      loadOf(() => byHttp1(fresh), end),
      loadOf(() => byHttp2(h2), end),
      loadOf(async () => {
        const own = session();
        return byHttp2(own).finally(() => own.destroy());
      }, end),
    ];
    const seen = new Set<string>();
    for (let change = 0; change < 100; change++) {
      const identity = await authority.issueForServer();
      files.replace(mounted(identity));
      const { fingerprint256 } = new X509Certificate(identity.cert);
      await until(async () => {
        broker.signal('SIGHUP');
        return (await servedCertificate()) === fingerprint256;
      }, 'new connections get the new certificate');
      seen.add(fingerprint256);
    }
    expect([seen.size, ended, sockets.size]).toEqual([100, 0, 1]);
    end.abort();
    for (const replies of await Promise.all(loads)) {
      expect(replies.length).toBeGreaterThan(20);
      expect(replies.filter((reply) => reply !== 200)).toEqual([]);
    }
    h2.destroy();
    kept.destroy();
  });

  it('keeps the certificate before while the files hold a key of another one', async () => {
    const before = await servedCertificate();
    onTestFinished(async () => files.replace(mounted(await authority.issueForServer())));
    const [one, other] = [await authority.issueForServer(), await authority.issueForServer()];
    files.replace({ 'tls.crt': one.cert, 'tls.key': other.key });
    broker.signal('SIGHUP');
    const line = await broker.logged(
      ({ level, msg }) => level === 'error' && String(msg).includes('refused'),
    );
    expect(line['faults']).toContainEqual(
      expect.stringMatching(/: listen\.tls\.key: must be the private key of the certificate$/),
    );
    expect(await servedCertificate()).toBe(before);
  });

  it('speaks TLS 1.2 with forward secrecy and AEAD, TLS 1.3, and nothing older or weaker', () => {
    const weak = 'ALL:!ECDHE+AESGCM:!ECDHE+CHACHA20@SECLEVEL=0';
    const good = [
      'ECDHE-ECDSA-AES128-GCM-SHA256',
      'ECDHE-ECDSA-AES256-GCM-SHA384',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
    ];
    for (const suite of good) expect(handshake('-tls1_2', '-cipher', suite)).toContain(`Cipher is ${suite}`);
    expect(handshake('-tls1_3')).toContain('Cipher is TLS_');
    expect(handshake('-tls1_2', '-cipher', weak)).toMatch(/alert handshake failure/);
    for (const version of ['-tls1', '-tls1_1']) {
      expect(handshake(version, '-cipher', 'ALL@SECLEVEL=0')).toMatch(/alert protocol version/);
    }
  });

  it('closes what is no TLS, without a word', async () => {
    const answer = await fetch(broker.consumers.replace('https', 'http')).catch(
      (error: Error) => error.message,
    );
    expect(answer).toBe('fetch failed');
  });

  it('ends connections of HTTP/2 at SIGTERM after what is in progress', async () => {
    const own = await BrokerProcess.start({ ...settings, drainTime: 0.2 });
    const h2 = connectHttp2(own.consumers, { ca: authority.pem });
    const [goaway, closed] = [once(h2, 'goaway'), once(h2, 'close')];
    expect((await byHttp2(h2)).status).toBe(200);
    own.signal('SIGTERM');
    expect((await goaway)[0]).toBe(0);
    await closed;
    expect(await own.exited()).toBe(0);
  });

  it('is checked by the health command, which trusts this very certificate', async () => {
    const { port } = new URL(broker.management);
    const stranger = await authority.issueForServer();
    const health = (tls: object) => {
      const management = { host: '127.0.0.1', port: Number(port), tls };
      const own = new MountedFiles({ 'settings.yaml': stringify({ ...settings, management }) });
      onTestFinished(() => own.remove());
      return toolRun('health', own.path('settings.yaml'));
    };
    expect(health(tlsOf(files))).toMatch(/is ready\n$/);
    expect(health({ certificate: stranger.cert, key: stranger.key })).toMatch(/cannot be reached\n$/);
  });
});

describe('plain HTTP', () => {
  const warned = ({ level, msg }: Record<string, unknown>) =>
    level === 'warn' && String(msg).includes('listen.tls');

  it('is warned about at start where it is reached from other machines, and only there', async () => {
    const exposed = await BrokerProcess.start({ ...settings, listen: { host: '0.0.0.0', port: 0 } });
    expect(exposed.lines.filter(warned)).toHaveLength(1);
    expect(broker.lines.filter(warned)).toHaveLength(0);
    const local = await BrokerProcess.start({ ...settings, listen: { host: '127.0.0.1', port: 0 } });
    expect(local.lines.filter(warned)).toHaveLength(0);
  });
});

function tlsOf(from: MountedFiles): object {
  return { certificate: { file: from.path('tls.crt') }, key: { file: from.path('tls.key') } };
}

/** Standard output and error of `openssl s_client`. */
function handshake(...options: string[]): string {
  const { host } = new URL(broker.consumers);
  const { stdout, stderr } = spawnSync('openssl', ['s_client', '-connect', host, ...options], {
    input: '',
    encoding: 'utf8',
  });
  return stdout + stderr;
}

function toolRun(...args: string[]): string {
  const main = new URL('../../dist/broker/main.js', import.meta.url).pathname;
  const { stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  return stdout + stderr;
}
