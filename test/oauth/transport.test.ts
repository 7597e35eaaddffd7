import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { failureOf, ownAdapter, setUp } from './own-adapter.js';
import { answer, grant, ownServer, type Respond } from './own-server.js';
import { someCertificates } from '#test/certificates.js';
import { someClient } from '#test/the.js';
import type { TokenRequestEvent } from '#oauth/http-authorization-server.js';

const request = someClient().request(ScopeSet.parse('api:partner create:orders'));

describe('an answer', () => {
  it.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
    const { adapter, server } = await setUp((response) => {
      response.setHeader('location', '/elsewhere?secret=1');
      answer(response, status);
    });

    const failure = await failureOf(adapter.requestToken(request, 'v1'));

    expect(failure.reason).toBe('wrong_endpoint');
    expect(failure.message).toContain(`${server.origin}/elsewhere (HTTP ${status})`);
    expect(server.received).toHaveLength(1);
  });

  it.each([
    [400, 'client_refused'],
    [401, 'client_refused'],
    [403, 'client_refused'],
    [407, 'wrong_endpoint'],
    [410, 'wrong_endpoint'],
    [421, 'wrong_endpoint'],
    [451, 'wrong_endpoint'],
  ])('%i without an OAuth body is a fault in the settings: %s', async (status, reason) => {
    const { adapter } = await setUp((response) => answer(response, status));

    expect((await failureOf(adapter.requestToken(request, 'v1'))).reason).toBe(reason);
  });

  it('429 tells when to come back by the clock of the server', async () => {
    const { adapter } = await setUp((response) => {
      response.setHeader('date', 'Mon, 01 Jan 2001 00:00:00 GMT');
      response.setHeader('retry-after', 'Mon, 01 Jan 2001 00:01:00 GMT');
      answer(response, 429);
    });

    expect(await failureOf(adapter.requestToken(request, 'v1'))).toMatchObject({
      reason: 'throttled',
      retryAfter: 60_000,
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['Deflate', deflateRawSync],
    ['gzip, gzip', (text: string) => gzipSync(gzipSync(text))],
    ['deflate,br', (text: string) => brotliCompressSync(deflateSync(text))],
  ])('compressed by %s is read', async (encoding, compress) => {
    const { adapter } = await setUp((response) => {
      response.setHeader('content-encoding', encoding);
      response.end(compress('{"access_token":"a","token_type":"bearer","expires_in":"60"}'));
    });

    expect((await adapter.requestToken(request, 'v1')).lifetime).toBe(60_000);
  });

  it('compressed by gzip is read where no header says so', async () => {
    const { adapter } = await setUp((response) =>
      response.end(gzipSync('{"access_token":"a","token_type":"bearer","expires_in":"60"}')),
    );

    expect((await adapter.requestToken(request, 'v1')).lifetime).toBe(60_000);
  });

  it('compressed and cut is malformed', async () => {
    const { adapter } = await setUp((response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('{"access_token":"a","token_type":"bearer"}').subarray(0, 30));
    });

    expect((await failureOf(adapter.requestToken(request, 'v1'))).reason).toBe('malformed');
  });

  it.each([
    'identity',
    ' Identity',
    '',
    'utf-8',
    'none',
    'application/json',
    'compress',
    'gzip',
    'deflate',
    'br',
    'zstd',
    'gzip, unknown',
    'constructor',
    '__proto__',
  ])('said to be compressed by %j, and not, is read as it is', async (encoding) => {
    const { adapter } = await setUp((response) => {
      response.setHeader('content-encoding', encoding);
      grant(response);
    });

    expect((await adapter.requestToken(request, 'v1')).lifetime).toBeGreaterThan(0);
  });

  it.each(['gzip,gzip,gzip,gzip'])('compressed by %s is malformed', async (encoding) => {
    const { adapter } = await setUp((response) => {
      response.setHeader('content-encoding', encoding);
      response.end([1, 2, 3, 4].reduce((body) => gzipSync(body), Buffer.from('{"access_token":"a"}')));
    });

    expect((await failureOf(adapter.requestToken(request, 'v1'))).reason).toBe('malformed');
  });

  it('of more than 256 KiB after decompression is cut off', async () => {
    const { adapter } = await setUp((response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(30_000_000, ' ')));
    });

    const failure = await failureOf(adapter.requestToken(request, 'v1'));

    expect(failure.reason).toBe('malformed');
    expect(failure.message).toContain('more than 262144 bytes');
  });

  it('that never ends is cut off', async () => {
    const { adapter } = await setUp((response) => {
      const fill = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, ' ')));
      };
      response.on('drain', fill);
      fill();
    });

    expect((await failureOf(adapter.requestToken(request, 'v1'))).reason).toBe('malformed');
  });

  it.each(['100 Continue', '102 Processing', '103 Early Hints'])(
    'follows an interim %s that nothing asked for',
    async (interim) => {
      const body = '{"access_token":"a","token_type":"Bearer","expires_in":60}';
      const adapter = await rawServer(
        `HTTP/1.1 ${interim}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );

      expect((await adapter.requestToken(request, 'v1')).lifetime).toBe(60_000);
    },
  );

  it('that changes to another protocol, which nothing asked for, is over at once', async () => {
    const adapter = await rawServer(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    );

    expect(await failureOf(adapter.requestToken(request, 'v1'))).toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining(
        'switched to another protocol (HTTP 101) instead of sending a response',
      ),
    });
  });

  it('with a head of 40 KB is read', async () => {
    const { adapter } = await setUp((response) => {
      response.setHeader(
        'set-cookie',
        Array.from({ length: 40 }, (_, n) => `c${n}=${'v'.repeat(1_000)}`),
      );
      grant(response);
    });

    expect((await adapter.requestToken(request, 'v1')).lifetime).toBeGreaterThan(0);
  });

  it.each([
    [
      'a head over 64 KiB',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(80_000)}\r\n\r\n`,
      'The head of its response is over 64 KiB',
    ],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}',
      'more than one Content-Length',
    ],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n\r\n{}', 'Its response is malformed HTTP'],
    ['another protocol', '220 mail.example ESMTP\r\n', 'Its response is not HTTP/1.1'],
    ['a body that is cut', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}', 'response was incomplete'],
  ])('of %s is refused in words that say so', async (_title, bytes, words) => {
    const adapter = await rawServer(bytes);

    expect((await failureOf(adapter.requestToken(request, 'v1'))).message).toContain(words);
  });

  it('with Content-Length beside chunked is refused in words that say so', async () => {
    const adapter = await rawServer(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    );

    const { message } = await failureOf(adapter.requestToken(request, 'v1'));

    expect(message).toContain('both Content-Length and Transfer-Encoding, which is refused (RFC 9112 §6.3)');
  });

  it('of more than 256 KiB with an error status counts by its status', async () => {
    const { adapter } = await setUp((response) => answer(response, 503, 'x'.repeat(300_000)));

    expect((await failureOf(adapter.requestToken(request, 'v1'))).reason).toBe('unavailable');
  });
});

describe('trouble on the way', () => {
  it.each<[string, Respond]>([
    ['no answer', () => {}],
    [
      'headers without an end to the body',
      (response) => {
        response.write('{');
      },
    ],
    [
      'a body fed by drops',
      (response) => {
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ])('%s is over when the total deadline is', async (_title, respond) => {
    const events: TokenRequestEvent[] = [];
    const { adapter } = await setUp(respond, {
      client: someClient({ timeout: 200 }),
      onTokenRequest: (event) => events.push(event),
    });

    const failure = await failureOf(adapter.requestToken(request, 'v1'));

    expect(failure.reason).toBe('unavailable');
    expect(failure.message).toContain('within 200 ms');
    expect(events).toMatchObject([{ client: 'rabot', outcome: 'unavailable' }]);
  });

  it.each<[string, Respond]>([
    ['a connection that breaks before the answer', (response) => response.destroy()],
    [
      'a connection that breaks within the body',
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"access_token":', () => response.destroy());
      },
    ],
  ])('%s is passing', async (_title, respond) => {
    const { adapter, server } = await setUp(respond);

    expect((await failureOf(adapter.requestToken(request, 'v1'))).reason).toBe('unavailable');
    expect(server.received).toHaveLength(1);
  });

  it('an answer that is no HTTP is passing, and nothing of it is kept', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('HTTP/9 some-token\r\n\r\nsome-token')));
    const adapter = ownAdapter({ endpoint: { tokenEndpoint: `http://127.0.0.1:${port}` } });

    const failure = await failureOf(adapter.requestToken(request, 'v1'));

    expect(failure.reason).toBe('unavailable');
    expect(failure.cause).toBeUndefined();
    expect(failure.message).not.toContain('some-token');
  });

  it('a server that is down is passing, and its address is named', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const adapter = ownAdapter({ endpoint: { tokenEndpoint: `http://127.0.0.1:${port}/token` } });

    const failure = await failureOf(adapter.requestToken(request, 'v1'));

    expect(failure.reason).toBe('unavailable');
    expect(failure.message).toContain(`127.0.0.1:${port} cannot be reached for client rabot (ECONNREFUSED)`);
  });

  it('a certificate that nobody vouches for is passing, and the message tells of ca', async () => {
    const { server: identity } = await someCertificates();
    const { origin, received } = await ownServer((response) => grant(response), { ...identity });
    const adapter = ownAdapter({ endpoint: { tokenEndpoint: `${origin}/token` } });

    expect(await failureOf(adapter.requestToken(request, 'v1'))).toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('put the authority into ca of this client'),
    });
    expect(received).toEqual([]);
  });
});

/** An adapter whose server answers each request with these bytes. */
async function rawServer(bytes: string) {
  const port = await listen(createTcpServer((socket) => socket.on('data', () => socket.end(bytes))));
  return ownAdapter({ endpoint: { tokenEndpoint: `http://127.0.0.1:${port}/token` } });
}

async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
