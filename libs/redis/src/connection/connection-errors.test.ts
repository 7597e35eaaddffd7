import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { someCertificates } from '#test/certificates.js';
import { until } from '#test/until.js';
import { RedisConnections } from './redis-connections.js';

/** A record of TLS that does not decrypt. */
const record = Buffer.from([0x17, 3, 3, 0, 5, 1, 2, 3, 4, 5]);

describe('a connection to what is not our Redis', () => {
  it('has errors behind the one by which it was refused, and they end nothing', async () => {
    const { server: identity } = await someCertificates();
    const behind = createTlsServer(identity, (socket) => void socket.on('error', () => {})).listen(
      0,
      '127.0.0.1',
    );
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      const { port } = behind.address() as AddressInfo;
      const upstream = connect(port, '127.0.0.1');
      for (const one of [socket, upstream]) sockets.add(one.on('error', () => {}));
      socket.pipe(upstream);
      upstream.once('data', (flight: Buffer) => socket.write(Buffer.concat([flight, record])));
    }).listen(0, '127.0.0.1');
    await Promise.all([behind, server].map((one) => once(one, 'listening')));
    const uncaught: unknown[] = [];
    const hear = (error: unknown) => void uncaught.push(error);
    process.on('uncaughtExceptionMonitor', hear);
    const reasons: string[] = [];
    const { port } = server.address() as AddressInfo;
    const { ca } = await someCertificates();
    const connections = RedisConnections.open(
      { url: `rediss://127.0.0.1:${port}`, ca, keyPrefix: 'p' },
      (_role, reason) => reasons.push(reason),
    );
    onTestFinished(async () => {
      await connections.close();
      process.off('uncaughtExceptionMonitor', hear);
      for (const socket of sockets) socket.destroy();
      server.close();
      behind.close();
    });

    await until(async () => reasons.length >= 9, 'each connection was refused three times');
    expect(uncaught).toEqual([]);
  });
});
