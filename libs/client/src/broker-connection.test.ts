import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Agent, fetch as undiciFetch, type RequestInit as UndiciInit } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeRuntime } from '../../../test/support/fake-runtime.js';
import { TokenBrokerClient } from './token-broker-client.js';

interface DrainingBroker {
  client: TokenBrokerClient;
  time: FakeRuntime;
  /** The requests of each connection, in its order. */
  connections: string[][];
  /** From now on loses connections instead of responding, if it returns a way to. By the number of the connection. */
  losing: { way: (connection: number) => ((socket: Socket) => void) | undefined };
}

/** A broker that can lose its kept connections, until the test ends. */
async function drainingBroker(): Promise<DrainingBroker> {
  const connections: string[][] = [];
  const sockets: Socket[] = [];
  const losing: DrainingBroker['losing'] = { way: () => undefined };
  let tokens = 0;
  const server: Server = createServer((request, response) => {
    const { socket } = request;
    const connection = sockets.indexOf(socket);
    connections[connection]!.push(`${request.method} ${request.url}`);
    const lose = losing.way(connection);
    if (lose !== undefined) return lose(socket);
    request.resume();
    const access_token = `not-a-real-token-${++tokens}`;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token, token_type: 'Bearer', expires_in: 3600, refresh_in: 3000 }));
  });
  server.on('connection', (socket) => {
    sockets.push(socket);
    connections.push([]);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const time = new FakeRuntime();
  // One connection, so that each request meets the kept one.
  const dispatcher = new Agent({ connections: 1 });
  onTestFinished(() => dispatcher.destroy());
  const overOne = (input: unknown, init: unknown) =>
    undiciFetch(input as URL, { ...(init as UndiciInit), dispatcher });
  const fetch = overOne as unknown as typeof globalThis.fetch;
  const client = new TokenBrokerClient({ url, credential: 'not-a-real-credential', fetch }, time);
  return { client, time, connections, losing };
}

const read = { scopes: 'api:partner' };
const write = { scopes: 'create:orders' };

describe('a kept connection to the broker that is lost before a byte of the response came', () => {
  it.each([
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ['closed', (socket: Socket) => socket.end()],
  ])('is retried at once over a new one when it is %s, for a token', async (_how, lose) => {
    const { client, time, connections, losing } = await drainingBroker();
    await client.token(read);
    losing.way = (connection) => (connection === 0 ? lose : undefined);
    expect((await client.token(write)).accessToken).toBe('not-a-real-token-2');
    expect(connections).toEqual([
      ['GET /token?scopes=api%3Apartner', 'GET /token?scopes=create%3Aorders'],
      ['GET /token?scopes=create%3Aorders'],
    ]);
    expect(time.sleeps).toEqual([]);
  });

  it('is retried for the report of a rejected token, too', async () => {
    const { client, connections, losing } = await drainingBroker();
    const token = await client.token(read);
    losing.way = (connection) => (connection === 0 ? (socket) => socket.resetAndDestroy() : undefined);
    expect((await client.rejected(token, read)).accessToken).toBe('not-a-real-token-2');
    expect(connections[1]).toEqual(['POST /token/rejected']);
  });

  it('is retried once: what a second connection loses is a failure', async () => {
    const { client, connections, losing } = await drainingBroker();
    const token = await client.token(read);
    losing.way = () => (socket) => socket.resetAndDestroy();
    await expect(client.rejected(token, read)).rejects.toMatchObject({ code: 'unreachable' });
    expect(connections.flat().filter((call) => call.startsWith('POST'))).toHaveLength(2);
  });
});

describe('a connection to the broker that is lost in the middle of a response', () => {
  it('is not retried at once, as the broker has answered', async () => {
    const { client, connections, losing } = await drainingBroker();
    const token = await client.token(read);
    losing.way = () => (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{', () => socket.resetAndDestroy());
    };
    await expect(client.rejected(token, read)).rejects.toMatchObject({ code: 'unreachable' });
    expect(connections).toHaveLength(1);
  });
});
