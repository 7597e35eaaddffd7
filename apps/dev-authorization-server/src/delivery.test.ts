import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, credential, someServer } from '../test/some-server.js';
import type { DevAuthorizationServer } from './dev-authorization-server.js';
import type { ContentCoding, Misbehaviour } from './misbehaviour.js';

async function serverWith(misbehaviour: Misbehaviour): Promise<DevAuthorizationServer> {
  const server = await someServer();
  server.misbehave(misbehaviour);
  return server;
}

/** A token request over a bare socket, with every chunk that comes back. */
async function bareRequest(server: DevAuthorizationServer) {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', (error: NodeJS.ErrnoException) => chunks.push(Buffer.from(`<${error.code}>`)));
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...credential }).toString();
  const headers = `Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}`;
  socket.write(`POST /connect/token HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
  return { socket, text: () => Buffer.concat(chunks).toString() };
}

describe('deliver', () => {
  it('answers after a delay, during which the token ages', async () => {
    const server = await serverWith({ delay: 60 });
    const before = performance.now();
    expect((await ask(server)).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
  });

  it('forgets about a client that goes away during the delay', async () => {
    const server = await serverWith({ delay: 60_000 });
    const { socket } = await bareRequest(server);
    await server.waitForRequests(1);
    socket.destroy();
    await expect.poll(() => server.counts.inFlight).toBe(0);
  });

  it('hangs with the socket open', async () => {
    const server = await serverWith({ hang: true });
    const { socket, text } = await bareRequest(server);
    await server.waitForRequests(1);
    await expect.poll(() => server.counts.byOutcome).toEqual({ hang: 1 });
    expect([socket.readyState, text(), server.counts.inFlight]).toEqual(['open', '', 1]);
  });

  it('closes without an answer', async () => {
    const server = await serverWith({ close: true });
    const { socket, text } = await bareRequest(server);
    await once(socket, 'close');
    expect(text()).toBe('');
    expect(server.counts.byOutcome).toEqual({ close: 1 });
  });

  it('resets in the middle of the body', async () => {
    const server = await serverWith({ resetMidBody: true, answer: { body: 'abcdef' } });
    const { socket, text } = await bareRequest(server);
    await new Promise((closed) => socket.once('close', closed));
    expect(text()).toMatch(/^(?:HTTP\/1.1 200 [^]*\r\n\r\nabc)?<ECONNRESET>$/);
    expect(server.counts.byOutcome).toEqual({ reset_mid_body: 1 });
  });

  it('drips byte by byte, after the headers', async () => {
    const server = await serverWith({ drip: 20, answer: { body: 'abc' } });
    const { text } = await bareRequest(server);
    await expect.poll(text).toMatch(/^HTTP\/1.1 200 [^]*\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n$/);
  });

  it('sends a huge body, which is still JSON', async () => {
    const answer = await ask(await serverWith({ hugeBody: 300 }));
    const text = await answer.text();
    expect(text.length).toBeGreaterThan(300 * 1024);
    expect(JSON.parse(text)).toMatchObject({ token_type: 'Bearer' });
  });

  it('compresses, a little or into a bomb', async () => {
    const server = await serverWith({ gzip: true, hugeBody: 1024, times: 1 });
    const bomb = await rawBody(server);
    expect(bomb.headers['content-encoding']).toBe('gzip');
    expect(bomb.bytes.length).toBeLessThan(20_000);
    expect(gunzipSync(bomb.bytes).length).toBeGreaterThan(1024 * 1024);
    server.misbehave({ gzip: true });
    const { bytes } = await rawBody(server);
    expect(JSON.parse(gunzipSync(bytes).toString())).toMatchObject({ token_type: 'Bearer' });
  });

  it.each<[ContentCoding, string, (bytes: Uint8Array) => Buffer]>([
    ['x-gzip', 'x-gzip', gunzipSync],
    ['deflate', 'deflate', inflateSync],
    ['raw deflate', 'deflate', inflateRawSync],
    ['gzip, gzip', 'gzip, gzip', (bytes) => gunzipSync(gunzipSync(bytes))],
  ])('encodes the content as %s', async (coding, name, decoded) => {
    const { headers, bytes } = await rawBody(await serverWith({ coding }));
    expect(headers['content-encoding']).toBe(name);
    expect(JSON.parse(decoded(bytes).toString())).toMatchObject({ token_type: 'Bearer' });
  });

  it('sends interim responses that were not requested', async () => {
    const { text } = await bareRequest(await serverWith({ interim: [100, 103] }));
    await expect.poll(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 103 [^]*HTTP\/1.1 200 OK\r\n/);
  });

  it('sends Content-Length beside chunked', async () => {
    const { text } = await bareRequest(
      await serverWith({ lengthBesideChunked: true, answer: { body: 'abc' } }),
    );
    await expect.poll(text).toMatch(/\r\n3\r\nabc\r\n0\r\n\r\n$/);
    expect(text()).toMatch(/\r\ncontent-length: 3\r\n/i);
    expect(text()).toMatch(/\r\ntransfer-encoding: chunked\r\n/i);
  });

  it('sends ISO-8859-1, said by the charset or not', async () => {
    const headers = { 'content-type': 'application/json; charset=iso-8859-1' };
    const server = await serverWith({ latin1: true, headers, fields: { owner: 'Müller' } });
    const answer = await ask(server);
    expect(answer.headers.get('content-type')).toBe(headers['content-type']);
    expect(Buffer.from(await answer.arrayBuffer()).toString('latin1')).toContain('"owner":"Müller"');
  });
});

async function rawBody(server: DevAuthorizationServer) {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...credential });
  const { body, headers } = await request(server.tokenEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  return { headers, bytes: await body.bytes() };
}
