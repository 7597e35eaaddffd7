import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { someCertificates } from '#test/certificates.js';
import { IssuerClient } from './issuer-client.js';
import type { WorkloadIssuer } from './trusted-issuer.js';

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

function clientOf(issuer: Partial<WorkloadIssuer>, timeout = 5_000): IssuerClient {
  const settings = { name: 'cluster', issuer: 'https://issuer.example', audience: 'token-broker', ...issuer };
  const client = new IssuerClient(settings, timeout);
  running.push(client);
  return client;
}

function keysAt(url: URL, issuer: Partial<WorkloadIssuer> = {}, timeout?: number) {
  return clientOf({ jwksUri: url.href, ...issuer }, timeout).keySet();
}

/** A server that counts its requests. */
async function countingPort(): Promise<{ number: string; requests: number }> {
  const port = { number: '', requests: 0 };
  const url = await serve((_, response) => {
    port.requests += 1;
    response.end(keySet());
  });
  port.number = url.port;
  return port;
}

/** A key set of so many bytes. */
function keySet(bytes = 0): string {
  const empty = JSON.stringify({ keys: [], filler: '' });
  return JSON.stringify({ keys: [], filler: 'k'.repeat(Math.max(0, bytes - empty.length)) });
}

describe('the client of an issuer', () => {
  it('sends the bearer token', async () => {
    const received: (string | undefined)[] = [];
    const url = await serve(({ headers }, response) => {
      received.push(headers.authorization);
      response.end(keySet());
    });

    await keysAt(url, { bearerToken: new Secret('not-a-real-token') });
    await keysAt(url);

    expect(received).toEqual(['Bearer not-a-real-token', undefined]);
  });

  it('refuses at once a bearer token that no header can hold, without repeating it', () => {
    const bearerToken = new Secret('not-a-real\ntoken');
    expect(() => clientOf({ bearerToken })).toThrow(/^the bearerToken of the workload issuer cluster is/);
  });

  it('trusts the given authority, and without it does not', async () => {
    const { ca, server } = await someCertificates();
    const url = await listen(createTlsServer(server, (_, response) => response.end(keySet())));
    url.protocol = 'https:';
    await expect(keysAt(url, { ca })).resolves.toBeDefined();
    await expect(keysAt(url)).rejects.toThrow(/^127\.0\.0\.1:\d+ cannot be reached \(UNABLE_TO_VERIFY/);
  });

  it('does not follow a redirect', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests += 1;
      response.writeHead(302, { location: '/elsewhere' }).end('moved');
    });
    await expect(keysAt(url)).rejects.toThrow('answered 302');
    expect(requests).toBe(1);
  });

  it('reads 256 KiB, and cuts off the rest', async () => {
    const url = await serve((_, response) => response.end(keySet(262_144)));
    await expect(keysAt(url)).resolves.toBeDefined();
    const endless = await serve((_, response) => {
      const write = (): boolean => response.write('k'.repeat(65_536));
      response.on('drain', write);
      write();
    });
    await expect(keysAt(endless)).rejects.toThrow('more than 256 KiB');
  });

  it('counts a body after decompression', async () => {
    const url = await serve((_, response) =>
      response.setHeader('content-encoding', 'gzip').end(gzipSync(keySet(262_145))),
    );
    await expect(keysAt(url)).rejects.toThrow('more than 256 KiB');
  });

  it('gives up a silent issuer, and one that begins and does not end', async () => {
    const silent = await serve(() => {});
    await expect(keysAt(silent, {}, 50)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const dripping = await serve((_, response) => void response.write('{'));
    await expect(keysAt(dripping, {}, 100)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('uses plain http on this machine only', async () => {
    await expect(keysAt(new URL('http://issuer.example/keys'))).rejects.toThrow('must be an https URL');
    await expect(keysAt(new URL('http://127.0.0.1.issuer.example/keys'))).rejects.toThrow(
      'must be an https URL',
    );
  });

  it.each(['http://127.0.0.1', 'http://localhost', 'http://[::1]', 'http://127.1'])(
    'does not follow metadata of an https issuer to the loopback (%s)',
    async (loopback) => {
      const { ca, server } = await someCertificates();
      const port = await countingPort();
      const origin = await listen(
        createTlsServer(server, (_, response) =>
          response.end(JSON.stringify({ issuer, jwks_uri: `${loopback}:${port.number}/keys` })),
        ),
      );
      const issuer = `https://localhost:${origin.port}`;
      // The settings name an https issuer that happens to run here: what counts is its scheme.
      await expect(clientOf({ issuer, ca }).keySet()).rejects.toThrow(/\/keys must be an https URL$/);
      expect(port.requests).toBe(0);
    },
  );

  it.each([
    ['another port', 'http://127.0.0.1'],
    ['another name of the same machine', 'http://localhost'],
  ])('keeps the bearer token from a jwks_uri at %s', async (_, host) => {
    const received: (string | undefined)[] = [];
    const keys = await serve(({ headers }, response) => {
      received.push(headers.authorization);
      response.end(keySet());
    });
    const origin = await serve(({ headers }, response) => {
      received.push(headers.authorization);
      response.end(JSON.stringify({ issuer: origin.origin, jwks_uri: `${host}:${keys.port}/keys` }));
    });
    await clientOf({ issuer: origin.origin, bearerToken: new Secret('not-a-real-token') }).keySet();
    expect(received).toEqual(['Bearer not-a-real-token', undefined]);
  });

  it('names the remedy when an address of the metadata wants the bearer token', async () => {
    const keys = await serve((_, response) => response.writeHead(401).end());
    const origin = await serve((_, response) =>
      response.end(JSON.stringify({ issuer: origin.origin, jwks_uri: keys.href })),
    );
    const client = clientOf({ issuer: origin.origin, bearerToken: new Secret('not-a-real-token') });
    await expect(client.keySet()).rejects.toThrow(
      `${keys.href} answered 401 without the bearerToken, which goes to ${origin.origin} only`,
    );
  });

  it('discovers the address of the keys once, and again after a failure', async () => {
    const requested: string[] = [];
    let broken = false;
    const origin = await serve(({ url = '' }, response) => {
      requested.push(url);
      if (broken) return response.writeHead(500).end();
      const jwks_uri = `${origin.origin}/keys`;
      return response.end(url === '/keys' ? keySet() : JSON.stringify({ issuer: origin.origin, jwks_uri }));
    });
    const client = clientOf({ issuer: origin.origin });
    const discovery = '/.well-known/openid-configuration';

    await client.keySet();
    await client.keySet();
    expect(requested).toEqual([discovery, '/keys', '/keys']);
    broken = true;
    await expect(client.keySet()).rejects.toThrow('answered 500');
    broken = false;
    await client.keySet();
    expect(requested.slice(3)).toEqual(['/keys', discovery, '/keys']);
  });
});
