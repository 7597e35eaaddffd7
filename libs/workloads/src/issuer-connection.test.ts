import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { someCertificates } from '#test/certificates.js';
import { IssuerConnection } from './issuer-connection.js';
import type { WorkloadIssuer } from './workload-issuer.js';

const running: { close(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.close()));
});

async function listen(server: Server): Promise<URL> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  running.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`);
}

function serve(answer: RequestListener): Promise<URL> {
  return listen(createServer(answer));
}

function connectionTo(issuer: Partial<WorkloadIssuer> = {}): IssuerConnection {
  const connection = new IssuerConnection({
    name: 'cluster',
    issuer: 'https://issuer.example',
    audience: 'token-broker',
    ...issuer,
  });
  running.push(connection);
  return connection;
}

function get(url: URL, connection = connectionTo(), timeout = 5_000): Promise<string> {
  return connection.get(url, { accept: 'application/json' }, AbortSignal.timeout(timeout));
}

describe('a connection to an issuer', () => {
  it('shows the bearer token', async () => {
    const url = await serve(({ headers }, response) => response.end(headers.authorization));
    const bearerToken = new Secret('not-a-real-token');
    await expect(get(url, connectionTo({ bearerToken }))).resolves.toBe('Bearer not-a-real-token');
  });

  it('shows no credential when there is none', async () => {
    const url = await serve(({ headers }, response) => response.end(headers.authorization ?? 'anonymous'));
    await expect(get(url)).resolves.toBe('anonymous');
  });

  it('refuses at once a bearer token that no header can hold, without telling it', () => {
    const bearerToken = new Secret('not-a-real\ntoken');
    expect(() => connectionTo({ bearerToken })).toThrow(/^the bearerToken of the workload issuer cluster is/);
  });

  it('trusts the given authority, and without it does not', async () => {
    const { ca, server } = await someCertificates();
    const url = await listen(createTlsServer(server, (_, response) => response.end('over TLS')));
    url.protocol = 'https:';
    await expect(get(url, connectionTo({ ca }))).resolves.toBe('over TLS');
    await expect(get(url)).rejects.toThrow('fetch failed');
  });

  it('does not follow a redirect', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end('moved');
    });
    await expect(get(url)).rejects.toThrow('answered 302');
    expect(asked).toBe(1);
  });

  it('takes 256 KiB, and cuts off what goes on', async () => {
    const url = await serve(({ method }, response) => response.end(method && 'k'.repeat(262_144)));
    await expect(get(url)).resolves.toHaveLength(262_144);
    const endless = await serve((_, response) => {
      const write = (): boolean => response.write('k'.repeat(65_536));
      response.on('drain', write);
      write();
    });
    await expect(get(endless)).rejects.toThrow('more than 256 KiB');
  });

  it('counts what a compressed body unfolds to', async () => {
    const url = await serve((_, response) =>
      response.setHeader('content-encoding', 'gzip').end(gzipSync('k'.repeat(262_145))),
    );
    await expect(get(url)).rejects.toThrow('more than 256 KiB');
  });

  it('gives up a silent issuer, and one that begins and does not end', async () => {
    const silent = await serve(() => {});
    await expect(get(silent, connectionTo(), 50)).rejects.toMatchObject({ name: 'TimeoutError' });
    const dripping = await serve((_, response) => void response.write('{'));
    await expect(get(dripping, connectionTo(), 100)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('speaks plain http to this machine only', async () => {
    await expect(get(new URL('http://issuer.example/keys'))).rejects.toThrow('must be an https URL');
    await expect(get(new URL('http://127.0.0.1.issuer.example/keys'))).rejects.toThrow(
      'must be an https URL',
    );
  });
});
