import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { client } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { diagnosis, settingsFile } from './doctor-report.js';

/** An authorization server whose tokens are signed by `signing`, and that publishes keys of these ids. */
async function serverWithKeys(published: string[] | number, signing = 'key-1') {
  const { privateKey } = await generateKeyPair('ES256');
  const server = createServer(async ({ url }, response) => {
    if (url === '/keys' && typeof published === 'number') return response.writeHead(published).end();
    if (url === '/keys')
      return response.end(JSON.stringify({ keys: Object(published).map((kid: string) => ({ kid })) }));
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: signing }).sign(privateKey);
    const body = { access_token: token, token_type: 'Bearer', expires_in: 3_600 };
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { tokenEndpoint: `${url}/token`, jwksUri: `${url}/keys` };
}

/** A server with introspection (RFC 7662) where a new token invalidates the previous one, or where none does. */
async function introspectedServer(isOneAtATime: boolean) {
  const issued: string[] = [];
  const server = createServer(async (request, response) => {
    const sent = new URLSearchParams(await text(request));
    const json = (body: object) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (request.url === '/introspect') {
      const token = sent.get('token') ?? '';
      return json({ active: isOneAtATime ? issued.at(-1) === token : issued.includes(token) });
    }
    if (request.url !== '/token')
      return json({
        issuer: url,
        token_endpoint: `${url}/token`,
        introspection_endpoint: `${url}/introspect`,
      });
    issued.push(`not-a-real-token-${issued.length}`);
    return json({ access_token: issued.at(-1), token_type: 'Bearer', expires_in: 3_600 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { issuer: url, tokenEndpoint: undefined };
}

describe('the doctor, of oneTokenPerClient', () => {
  const preload = [['api:partner'], ['create:orders']];

  it.each([
    ['names it where a new token invalidates the previous one', true, {}, ['one_token_at_a_time']],
    ['finds nothing where it is set', true, { oneTokenPerClient: true }, []],
    ['finds nothing where tokens live side by side', false, {}, []],
  ])('%s', async (_title, isOneAtATime, setting, expected) => {
    const fields = { ...(await introspectedServer(isOneAtATime)), preload, requiredScopes: [], ...setting };
    const server = await runningServer();
    const { codes } = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    expect(codes).toEqual(expected);
  });
});

describe('the doctor, of the keys that sign tokens', () => {
  it.each([
    ['are published', ['key-2', 'key-1'], []],
    ['are not published', ['key-2'], ['key_not_published']],
    ['cannot be read', 503, ['keys_unreadable']],
    ['have none', [], []],
  ])('finds where they %s', async (_title, published, expected) => {
    const server = await runningServer();
    const fields = await serverWithKeys(published);
    const { codes, status } = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    expect({ codes, status }).toEqual({ codes: expected, status: 0 });
  });

  it('looks at no keys with jwksCheckInterval: 0', async () => {
    const server = await runningServer();
    const fields = { ...(await serverWithKeys(503)), jwksCheckInterval: 0 };
    const { codes, report } = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    expect(codes).toEqual([]);
    expect(report.warnings).toEqual([
      expect.stringMatching(/jwksUri.*has no effect with `jwksCheckInterval: 0`/),
    ]);
  });
});
