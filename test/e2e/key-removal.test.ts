import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  createLocalJWKSet,
} from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { someKey } from '#test/broker-process.js';
import { manyScopes, runningReplicas, scopeSets } from '#test/replicas.js';
import { until } from '#test/until.js';

async function someSigningKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

/** An authorization server whose keys rotate, as its API knows them: by its key set and no other way. */
async function rotatingServer() {
  const keys = [await someSigningKey('key-1')];
  const state = {
    keys,
    /** The one that signs. */
    signer: keys[0]!,
    published: keys.map(({ jwk }) => jwk),
    failing: false,
    issued: 0,
    reads: 0,
    unchanged: 0,
  };
  const server = createServer(async ({ url: path, headers }, response) => {
    const json = (body: object, more = {}) =>
      response.writeHead(200, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body));
    if (path === '/keys') {
      state.reads += 1;
      if (state.failing) return response.writeHead(503).end();
      const etag = `"${state.published.map(({ kid }) => kid).join('-')}"`;
      if (headers['if-none-match'] === etag) {
        state.unchanged += 1;
        return response.writeHead(304, { etag }).end();
      }
      return json({ keys: state.published }, { etag });
    }
    if (path !== '/token')
      return json({ issuer: url, token_endpoint: `${url}/token`, jwks_uri: `${url}/keys` });
    state.issued += 1;
    const token = await new SignJWT({ jti: String(state.issued) })
      .setProtectedHeader({ alg: 'ES256', kid: state.signer.kid })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(state.signer.privateKey);
    return json({ access_token: token, token_type: 'Bearer', expires_in: 3_600 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const isAccepted = async (token: string) => {
    const verified = await jwtVerify(token, createLocalJWKSet({ keys: state.published })).catch(
      () => undefined,
    );
    return verified !== undefined;
  };
  return { state, url, isAccepted };
}

describe('jwksCheckInterval', () => {
  it('renews the tokens of a key that the issuer drops, once for all replicas, before the API refuses them', async () => {
    const { state, url, isAccepted } = await rotatingServer();
    const { key, hash } = someKey();
    const sets = scopeSets(8);
    const { brokers } = await runningReplicas({
      client: { tokenEndpoint: undefined, issuer: url, jwksCheckInterval: 1 },
      settings: { consumers: { orders: { keys: [hash], allow: [{ client: 'many', scopes: manyScopes }] } } },
    });
    const tokens = async () => {
      const asked = sets.flatMap((scopes) =>
        brokers.map((broker) => broker.get(`/token?scopes=${encodeURIComponent(scopes)}`, key)),
      );
      return (await Promise.all(asked)).map(({ body }) => String(body['access_token']));
    };
    const signers = async () => new Set((await tokens()).map((token) => decodeProtectedHeader(token).kid));
    const looks = async (count: number) => {
      const { reads } = state;
      await until(async () => state.reads >= reads + count, 'the keys have been read');
    };

    await tokens();
    await until(async () => state.unchanged > 0, 'a replica has read the same keys twice');
    expect(state.issued).toBe(sets.length);

    // The next key is published before it signs; then the former one is dropped.
    const next = await someSigningKey('key-2');
    state.published = [...state.published, next.jwk];
    state.signer = next;
    await looks(1);
    expect(state.issued).toBe(sets.length);
    state.published = [next.jwk];
    await until(
      async () => (await signers()).has('key-1') === false,
      'all tokens are signed by the next key',
    );
    await looks(2);
    expect(state.issued).toBe(2 * sets.length);
    expect(await Promise.all((await tokens()).map(isAccepted))).not.toContain(false);

    // A key set that cannot be read, or is empty, says nothing.
    state.failing = true;
    await looks(1);
    state.failing = false;
    state.published = [];
    await looks(1);
    expect(state.issued).toBe(2 * sets.length);

    // New tokens are signed by the dropped key all the same.
    state.published = [(await someSigningKey('key-3')).jwk];
    await looks(2);
    expect(state.issued).toBe(2 * sets.length + 1);
    const metrics = (await Promise.all(brokers.map((broker) => broker.metrics()))).join('\n');
    expect(metrics).toMatch(/token_answer_oddities_total\{client="many",oddity="key_not_published"\} 1/);
    expect(metrics).toMatch(/renewals_total\{client="many",trigger="key_removed",outcome="ok"\} /);
    expect(metrics).toMatch(/key_reads_total\{client="many",outcome="failed"\} 1/);
  });
});
