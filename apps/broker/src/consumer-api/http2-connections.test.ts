import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { type Certificates, someCertificates } from '#test/certificates.js';
import { FakeClock } from '#test/fake-clock.js';
import { until } from '#test/until.js';
import type { HttpFailure } from '../core/failure-response.js';
import { httpListener, listeningUrl } from '../core/http-listener.js';
import { Http2Connections } from './http2-connections.js';

let certificates: Certificates;
let clock: FakeClock;
let connections: Http2Connections;
let session: ClientHttp2Session;
let open: () => Promise<ClientHttp2Session>;
/** What arrived and was not answered yet. */
let waiting: ServerResponse[];
let requests: IncomingMessage[];
let refusals: HttpFailure[];

beforeAll(async () => {
  certificates = await someCertificates();
});

beforeEach(async () => {
  [clock, waiting, requests, refusals] = [new FakeClock(), [], [], []];
  connections = new Http2Connections(
    (request, response) => {
      requests.push(request);
      waiting.push(response);
    },
    (_request, response, failure) => {
      refusals.push(failure);
      response.writeHead(failure.status).end();
    },
    clock,
    150,
  );
  const { cert, key } = certificates.server;
  const tls = { certificate: cert, key: new Secret(key), minVersion: 'TLSv1.2' } as const;
  const server = httpListener(
    () => {},
    () => {},
    { tls, acceptHttp2: (socket) => connections.accept(socket) },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sessions: ClientHttp2Session[] = [];
  open = async () => {
    const one = connect(listeningUrl(server), { ca: certificates.ca, settings: { initialWindowSize: 0 } });
    sessions.push(one.on('error', () => {}));
    await once(one, 'remoteSettings');
    return one;
  };
  session = await open();
  onTestFinished(async () => {
    for (const one of sessions) one.destroy();
    connections.close();
    await new Promise((closed) => server.close(closed));
  });
});

function ask(headers: object = {}, options = {}, by = session): ClientHttp2Stream {
  const stream = by.request({ ':path': '/token', ...headers }, options);
  stream.on('error', () => {});
  return stream;
}

/** Whether by an error or not. */
function ended(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => void stream.once('close', resolve));
}

async function arrived(count: number): Promise<void> {
  await until(async () => requests.length >= count, `${count} requests have arrived`);
}

describe('a connection of HTTP/2', () => {
  it('gives the walk the host that it asks', async () => {
    ask();
    await arrived(1);
    expect(requests[0]).toMatchObject({ url: '/token', method: 'GET', httpVersionMajor: 2 });
    expect(requests[0]?.headers.host).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('has at most 100 requests in progress: its client has to wait with more', async () => {
    expect(session.remoteSettings.maxConcurrentStreams).toBe(100);
    for (let n = 0; n < 101; n++) ask();
    await arrived(100);
    await new Promise((answered) => session.ping(answered));
    expect(requests).toHaveLength(100);
    waiting[0]?.end();
    await arrived(101);
  });

  it('has its share of the requests in all, whatever others have in progress', async () => {
    const greedy = await open();
    for (let n = 0; n < 100; n++) ask();
    for (let n = 0; n < 50; n++) ask({}, {}, greedy);
    await arrived(150);

    // Its share is 50 of 150 with three connections, so that it has no more, and the third has all of them.
    const third = await open();
    const refused = ask({}, {}, greedy);
    await ended(refused);
    expect(refused.rstCode).toBe(constants.NGHTTP2_REFUSED_STREAM);
    const others = Array.from({ length: 51 }, () => ask({}, {}, third));
    await Promise.all([arrived(200), ended(others[50]!)]);
    expect(others.map(({ rstCode }) => rstCode).filter(Boolean)).toEqual([constants.NGHTTP2_REFUSED_STREAM]);
  });

  it('is closed when its client takes no responses', async () => {
    const closed = once(session, 'close');
    ask();
    await arrived(1);
    clock.advance(20_000);
    connections.closeStalled();
    expect(session.closed).toBe(false);
    waiting[0]?.end('a token');
    connections.closeStalled();
    clock.advance(4_000);
    connections.closeStalled();
    await new Promise((answered) => session.ping(answered));
    expect(session.closed).toBe(false);
    clock.advance(2_000);
    connections.closeStalled();
    await closed;
  });

  it('is closed without a request for 72 s, whatever else its client sends', async () => {
    const closed = once(session, 'close');
    const other = await open();
    clock.advance(71_000);
    connections.closeStalled();
    await new Promise((answered) => session.ping(answered));
    expect(session.closed).toBe(false);
    ask({}, {}, other);
    await arrived(1);
    clock.advance(2_000);
    connections.closeStalled();
    await closed;
    expect(other.closed).toBe(false);
  });

  it('ends a request that takes too long to arrive, and no other', async () => {
    const slow = ask({ ':method': 'POST' }, { endStream: false });
    ask();
    await arrived(2);
    clock.advance(14_000);
    connections.closeStalled();
    await new Promise((answered) => session.ping(answered));
    expect(slow.closed).toBe(false);
    clock.advance(2_000);
    connections.closeStalled();
    await once(slow, 'close');
    expect(slow.rstCode).toBe(constants.NGHTTP2_CANCEL);
    expect(session.closed).toBe(false);
  });

  it.each([
    ['CONNECT', { ':method': 'CONNECT', ':path': undefined, ':authority': 'other.example:443' }, 400],
    ['an expectation', { expect: 'something' }, 417],
  ])('refuses %s', async (_, headers, status) => {
    const stream = session.request(headers);
    const [response] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect([response[':status'], refusals.map((one) => one.status)]).toEqual([status, [status]]);
  });

  it('learns that it ends, serves what comes nevertheless, and closes after the last response', async () => {
    const [goaway, closed] = [once(session, 'goaway'), once(session, 'close')];
    const stream = ask();
    await arrived(1);
    connections.drain();
    expect(await goaway).toEqual([constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1, undefined]);
    connections.close();
    const response = once(stream, 'response');
    waiting[0]?.end();
    await response;
    await closed;
  });
});
