import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { someCertificates } from '#test/certificates.js';
import { HttpClient, type HttpClientOptions } from './http-client.js';
import { Proxy, type ProxyOptions } from './proxy.js';

const certificates = await someCertificates();

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

type OnConnect = (socket: Duplex, target: string, number: number) => void;

function pipe(socket: Duplex, target: string): void {
  const upstream = connect(Number(target.split(':').pop()), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('error', () => upstream.destroy());
  socket.on('close', () => upstream.destroy());
}

/** A TLS server, and a client that reaches it by a proxy that does what the test says. */
async function setUp(
  onConnect: OnConnect = pipe,
  {
    proxyTls,
    login,
    ...options
  }: Partial<HttpClientOptions> & { proxyTls?: boolean } & Partial<ProxyOptions> = {},
) {
  const tls = { key: certificates.server.key, cert: certificates.server.cert };
  const target = createTlsServer(tls, (_request, response) => response.end('{}'));
  const port = await listening(target);
  const connects: { url: string; authorization: string | undefined }[] = [];
  const proxyServer = proxyTls ? createTlsServer(tls) : createServer();
  proxyServer.on('connect', (request, socket) => {
    connects.push({ url: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    onConnect(socket, request.url ?? '', connects.length);
  });
  const proxyPort = await listening(proxyServer);
  const url = new URL(`${proxyTls ? 'https' : 'http'}://127.0.0.1:${proxyPort}`);
  const proxy = new Proxy({ url, login, ca: proxyTls ? certificates.ca : undefined });
  const client = new HttpClient({ timeout: 5_000, ca: certificates.ca, proxy, ...options });
  onTestFinished(() => client.close());
  const send = () => client.send(new URL(`https://127.0.0.1:${port}/`), { headers: {} });
  return { connects, send, port, proxyPort, target };
}

/** Until the connection is free for the next request. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}

describe('a request by a proxy', () => {
  it.each([false, true])('goes through a tunnel, with TLS to the proxy itself: %s', async (proxyTls) => {
    const { connects, send, port } = await setUp(pipe, {
      proxyTls,
      login: new Secret('broker:not-a-real-secret'),
    });

    expect((await send()).status).toBe(200);
    const authorization = `Basic ${Buffer.from('broker:not-a-real-secret').toString('base64')}`;
    expect(connects).toEqual([{ url: `127.0.0.1:${port}`, authorization }]);
  });

  it('reaches a proxy by an IPv6 address, with a login of any characters', async () => {
    const { port } = await setUp();
    const connects: (string | undefined)[] = [];
    const proxyServer = createServer();
    proxyServer.on('connect', (request, socket) => {
      connects.push(request.headers['proxy-authorization']);
      pipe(socket, request.url ?? '');
    });
    await new Promise<void>((resolve) => proxyServer.listen(0, '::1', resolve));
    onTestFinished(() => void proxyServer.close());
    const url = new URL(`http://[::1]:${(proxyServer.address() as AddressInfo).port}`);
    const login = new Secret('us@er:p@ss:%/?ü');
    const client = new HttpClient({ timeout: 5_000, ca: certificates.ca, proxy: new Proxy({ url, login }) });
    onTestFinished(() => client.close());
    const { status } = await client.send(new URL(`https://localhost:${port}/`), { headers: {} });
    expect(status).toBe(200);
    expect(connects).toEqual([`Basic ${Buffer.from('us@er:p@ss:%/?ü').toString('base64')}`]);
  });

  it('uses a kept tunnel again', async () => {
    const { connects, send } = await setUp();
    await send();
    await idle();
    await send();
    expect(connects).toHaveLength(1);
  });

  it('costs one retry through a fresh tunnel when the kept one is dead', async () => {
    const tunnels: Duplex[] = [];
    const { connects, send, target } = await setUp((socket, authority) => {
      tunnels.push(socket);
      pipe(socket, authority);
    });
    await send();
    await idle();
    // The next request finds its connection reset before a byte of the response has come.
    target.once('request', () => {});
    target.prependOnceListener('request', (request) => request.socket.destroy());

    expect((await send()).status).toBe(200);
    expect(connects).toHaveLength(2);
  });

  it.each([
    ['407', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'PROXY_HTTP_407'],
    ['a failure of its own', 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad', 'PROXY_HTTP_502'],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://x.example/\r\n\r\n', 'PROXY_HTTP_302'],
    ['a page', 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html></html>', 'PROXY_HTTP_200'],
    ['nothing', '', 'PROXY_ECONNRESET'],
    ['a refusal', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}', 'PROXY_HTTP_403'],
    ['what is not HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'PROXY_HPE_INVALID_CONSTANT'],
    ['bytes of its own', 'HTTP/1.1 200 OK\r\n\r\n{"access_token":"of the proxy"}', 'PROXY_HTTP_200'],
  ])('fails with the code of the proxy when it answers %s', async (_title, response, code) => {
    const { send, proxyPort } = await setUp((socket) => socket.end(response));
    await expect(send()).rejects.toMatchObject({
      name: 'HttpFailure',
      code,
      message: expect.stringContaining(`by the proxy 127.0.0.1:${proxyPort}`),
    });
  });

  it.each([
    ['refuses connections', '127.0.0.2', 'PROXY_ECONNREFUSED'],
    ['has no address', undefined, 'PROXY_ENOTFOUND'],
  ])('fails when the proxy %s', async (_title, address, code) => {
    const { proxyPort, port } = await setUp();
    const proxy = new Proxy({ url: new URL(`http://proxy.example:${proxyPort}`) });
    const client = new HttpClient({
      timeout: 5_000,
      proxy,
      lookup: (_hostname, _options, callback) =>
        address === undefined
          ? callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), '', 0)
          : callback(null, [{ address, family: 4 }]),
    });
    onTestFinished(() => client.close());
    await expect(client.send(new URL(`https://localhost:${port}/`), { headers: {} })).rejects.toMatchObject({
      code,
    });
  });

  it('reaches the proxy by its second address when the first refuses', async () => {
    const { proxyPort, port } = await setUp();
    const client = new HttpClient({
      timeout: 5_000,
      ca: certificates.ca,
      proxy: new Proxy({ url: new URL(`http://proxy.example:${proxyPort}`) }),
      lookup: (_hostname, _options, callback) =>
        callback(null, [
          { address: '127.0.0.2', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]),
    });
    onTestFinished(() => client.close());
    expect((await client.send(new URL(`https://localhost:${port}/`), { headers: {} })).status).toBe(200);
  });

  it('ends in time when the proxy does not answer', async () => {
    const { send } = await setUp(() => {}, { timeout: 300 });
    await expect(send()).rejects.toMatchObject({ code: 'PROXY_TIMEOUT' });
  });

  it('trusts no certificate that a proxy shows in the name of the target', async () => {
    const { send } = await setUp(pipe, { ca: certificates.stranger.cert });
    await expect(send()).rejects.toMatchObject({ code: expect.stringMatching(/CERT|ISSUER|SIGNATURE/) });
  });
});
