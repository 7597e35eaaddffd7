import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { someCertificates } from '#test/certificates.js';
import { httpListener, listeningUrl, requestIds } from './http-listener.js';

/** The sockets of a server, as they are accepted. */
async function accepting(isTls: boolean) {
  const { cert, key } = (await someCertificates()).server;
  const tls = { certificate: cert, key: new Secret(key), minVersion: 'TLSv1.2' } as const;
  const server = httpListener(
    (_request, response) => void response.end(),
    (_request, response, { status }) => void response.writeHead(status).end(),
    isTls ? { tls } : {},
  );
  const sockets: Socket[] = [];
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (one: Socket) => sockets.push(one));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const port = Number(new URL(listeningUrl(server)).port);
  const open = () => (isTls ? connectTls({ port, rejectUnauthorized: false }) : connect(port, '127.0.0.1'));
  return { sockets, open };
}

describe.each([
  ['plain', false],
  ['TLS', true],
])('a connection (%s)', (_title, isTls) => {
  it.each([
    'CONNECT other.example:443 HTTP/1.1\r\nHost: other.example\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'no HTTP\r\n\r\n',
  ])('that breaks after %j ends nothing else', async (head) => {
    const { sockets, open } = await accepting(isTls);
    const client = open().on('error', () => {});
    client.write(head);
    await once(client, 'data');

    // Without a listener this would throw, as it would end the process.
    for (const socket of sockets) {
      for (const code of ['ECONNRESET', 'EPIPE'])
        expect(socket.emit('error', Object.assign(new Error(code), { code }))).toBe(true);
    }
    client.destroy();
  });
});

it('gives no request the id of another one, of this process or of another', () => {
  const [one, other] = [requestIds(), requestIds()];
  const ids = Array.from({ length: 5_000 }, () => [one(), other()]).flat();
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.filter((id) => !/^[\w-]{12,20}$/.test(id))).toEqual([]);
});

describe('what is malformed after pipelined requests', () => {
  it.each([
    ['no HTTP', 'no HTTP\r\n\r\n', 400],
    ['headers beyond the limit', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('is answered after their responses: %s', async (_title, text, expected) => {
    const waiting: ServerResponse[] = [];
    const server = httpListener(
      (_request, response) => void waiting.push(response),
      (_request, response, { status }) => void response.writeHead(status).end(),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const port = Number(new URL(listeningUrl(server)).port);
    const client = connect(port, '127.0.0.1');
    const failed = once(server, 'clientError');
    client.write(`${'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2)}${text}`);
    await failed;
    let errors = 0;
    server.on('clientError', () => errors++);
    for (let n = 0; n < 20; n++) {
      client.write('more of it');
      // When another connection was accepted, it would have been read.
      await once(connect(port, '127.0.0.1').end(), 'close');
    }
    expect(errors).toBeLessThan(2);
    let received = '';
    client.on('data', (data) => (received += String(data)));
    const ended = once(client, 'end');
    expect(waiting).toHaveLength(2);
    for (const [n, response] of waiting.entries()) response.end(`response ${n}`);
    await ended;
    expect(received.match(/HTTP\/1\.1 \d+|response \d/g)).toEqual([
      'HTTP/1.1 200',
      'response 0',
      'HTTP/1.1 200',
      'response 1',
      `HTTP/1.1 ${expected}`,
    ]);
  });
});
