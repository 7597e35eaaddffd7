import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpClient, type HttpClientOptions } from './http-client.js';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';

/** What a server does with the nth request (from 1) on its nth connection (from 1). */
type Behaviour = (socket: Socket, connection: number, request: number) => void;

async function setUp(behaviour: Behaviour, options: Partial<HttpClientOptions> = {}) {
  const seen: [connection: number, request: number][] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    let requests = 0;
    sockets.add(socket.on('error', () => {}));
    socket.on('data', () => {
      seen.push([connection, ++requests]);
      behaviour(socket, connection, requests);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new HttpClient({ timeout: 5_000, ...options });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await client.close();
  });
  const send = (host = '127.0.0.1') => client.send(new URL(`http://${host}:${port}/`), { headers: {} });
  return { seen, send };
}

/** Until the connection is free for the next request. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}

describe('a kept connection', () => {
  it('that the server resets is replaced by a fresh one, once', async () => {
    const { seen, send } = await setUp((socket, connection, request) =>
      connection === 1 && request === 2 ? socket.resetAndDestroy() : socket.write(ok),
    );
    await send();
    await idle();

    expect((await send()).status).toBe(200);
    expect(seen).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
  });

  it('that swallows what is sent (a NAT forgot it) is replaced by a fresh one within the deadline', async () => {
    const { seen, send } = await setUp(
      (socket, connection, request) => {
        if (connection === 2 || request === 1) socket.write(ok);
      },
      { timeout: 2_000 },
    );
    await send();
    await idle();

    expect((await send()).status).toBe(200);
    expect(seen).toHaveLength(3);
  });

  it('is replaced by no second fresh one', async () => {
    const { seen, send } = await setUp((socket, _connection, request) => {
      if (seen.length > 1) socket.resetAndDestroy();
      else if (request === 1) socket.write(ok);
    });
    await send();
    await idle();

    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(seen).toHaveLength(3);
  });

  it('on which a part of the response came is not replaced', async () => {
    const { seen, send } = await setUp((socket, _connection, request) => {
      if (request === 1) socket.write(ok);
      else socket.write('HTTP/1.1 200', () => socket.destroy());
    });
    await send();
    await idle();

    await expect(send()).rejects.toMatchObject({ name: 'HttpFailure' });
    expect(seen).toHaveLength(2);
  });
});

describe('a host with several addresses', () => {
  it.each([
    ['refuses', '127.0.0.2'],
    ['has no route', '2001:db8::1'],
  ])('is reached by the second when the first %s', async (_title, first) => {
    const family = first.includes(':') ? 6 : 4;
    const { send } = await setUp((socket) => socket.write(ok), {
      lookup: (_hostname, _options, callback) =>
        callback(null, [
          { address: first, family },
          { address: '127.0.0.1', family: 4 },
        ]),
    });

    expect((await send('auth.example')).status).toBe(200);
  });
});
