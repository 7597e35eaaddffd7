import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
