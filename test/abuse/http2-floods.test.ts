import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { text as textOf } from 'node:stream/consumers';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { type Certificates, someCertificates } from '#test/certificates.js';
import { MountedFiles } from '#test/mounted-files.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';

/** RFC 9113 §6 */
const types = { headers: 1, priority: 2, reset: 3, settings: 4, ping: 6, windowUpdate: 8, continuation: 9 };
const endStream = 1;
const endHeaders = 4;

const atEnd = atEndOfAll();
const { key, hash } = someKey();
let certificates: Certificates;
let broker: BrokerProcess;

beforeAll(async () => {
  certificates = await someCertificates();
  const { cert, key: privateKey } = certificates.server;
  const files = new MountedFiles({ 'tls.crt': cert, 'tls.key': privateKey });
  atEnd(async () => files.remove());
  const tls = { certificate: { file: files.path('tls.crt') }, key: { file: files.path('tls.key') } };
  const settings = {
    listen: { host: '127.0.0.1', port: 0, tls },
    clients: { rabot: client(await runningServer({}, atEnd)) },
    consumers: { 'order-service': consumer({ hash }) },
  };
  // The replica has to live with less than an unbounded backlog needs.
  const environment = { NODE_OPTIONS: '--max-old-space-size=96' };
  broker = await BrokerProcess.start(settings, { atEnd, environment });
});

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A literal field without indexing (RFC 7541 §6.2.2), of up to 126 bytes. */
function field(name: string, value: string): Buffer {
  return Buffer.concat([name, value].flatMap((text) => [Buffer.from([text.length]), Buffer.from(text)]));
}

const request = Buffer.concat(
  Object.entries({ ':method': 'GET', ':scheme': 'https', ':authority': 'a', ':path': '/token' }).flatMap(
    ([name, value]) => [Buffer.from([0]), field(name, value)],
  ),
);

/** A connection that has spoken the preface (RFC 9113 §3.4). */
async function opened(): Promise<TLSSocket> {
  const { port } = new URL(broker.consumers);
  const socket = connectTls({ port: Number(port), ca: certificates.ca, ALPNProtocols: ['h2'] });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(types.settings, 0, 0));
  return socket;
}

/** Sends batches until the broker closes the connection. Returns how many it took. */
async function floodedBy(batch: (n: number) => Buffer, most: number): Promise<number> {
  const socket = await opened();
  const heard = (event: string) => new Promise<void>((resolve) => void socket.once(event, () => resolve()));
  const closed = heard('close');
  socket.resume();
  let sent = 0;
  while (!socket.destroyed && sent < most) {
    if (!socket.write(batch(sent++))) await Promise.race([closed, heard('drain')]);
    await new Promise(setImmediate);
  }
  if (sent < most) await closed;
  return sent;
}

async function served(): Promise<number> {
  const session = connectHttp2(broker.consumers, { ca: certificates.ca });
  session.on('error', () => {});
  try {
    const stream = session.request({
      ':path': '/token?scopes=api:partner',
      authorization: `Bearer ${key}`,
    });
    const [[response]] = await Promise.all([once(stream, 'response'), textOf(stream)]);
    return Number(response[':status']);
  } finally {
    session.destroy();
  }
}

const repeated = (count: number, make: (n: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, n) => make(n)));

describe('a flood on a connection of HTTP/2', () => {
  it.each<[string, (n: number) => Buffer]>([
    [
      'requests that are reset at once (CVE-2023-44487)',
      (n) =>
        repeated(100, (m) => {
          const stream = 2 * (100 * n + m) + 1;
          const reset = frame(types.reset, 0, stream, Buffer.from([0, 0, 0, 8]));
          return Buffer.concat([frame(types.headers, endStream | endHeaders, stream, request), reset]);
        }),
    ],
    [
      'fields without end in CONTINUATION (CVE-2024-27316)',
      (n) =>
        n === 0
          ? frame(types.headers, endStream, 1, request)
          : repeated(100, (m) =>
              frame(
                types.continuation,
                0,
                1,
                Buffer.concat([Buffer.from([0]), field(`x${m}`, 'v'.repeat(100))]),
              ),
            ),
    ],
    [
      'empty CONTINUATION',
      (n) =>
        n === 0
          ? frame(types.headers, endStream, 1, request)
          : repeated(500, () => frame(types.continuation, 0, 1)),
    ],
  ])('of %s is ended, and others are served', { timeout: 120_000 }, async (_title, batch) => {
    expect(await floodedBy(batch, 20_000)).toBeLessThan(20_000);
    expect(await served()).toBe(200);
    expect(broker.errorOutput).toBe('');
  });

  it.each([
    ['SETTINGS', frame(types.settings, 0, 0)],
    ['PING', frame(types.ping, 0, 0, Buffer.alloc(8))],
  ])(
    'of %s whose answers are not read keeps no one from being served',
    { timeout: 120_000 },
    async (_title, one) => {
      const socket = (await opened()).pause();
      const batch = repeated(1_000, () => one);
      for (let n = 0; n < 400 && !socket.destroyed; n++) {
        socket.write(batch);
        await new Promise(setImmediate);
      }
      expect(await served()).toBe(200);
      expect(broker.errorOutput).toBe('');
    },
  );
});
