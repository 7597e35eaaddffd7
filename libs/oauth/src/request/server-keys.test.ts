import { describe, expect, it } from 'vitest';
import { ownAdapter } from '../../../../test/oauth/own-adapter.js';
import { answer, ownServer, type Respond } from '../../../../test/oauth/own-server.js';

const keys = { keys: [{ kid: 'key-1' }, { kid: 'key-2' }] };

async function setUp(respond: Respond) {
  const server = await ownServer(respond);
  const { origin } = server;
  const adapter = ownAdapter({ endpoint: { tokenEndpoint: `${origin}/token`, jwksUri: `${origin}/keys` } });
  return { adapter, server };
}

describe('the published keys of an authorization server', () => {
  it.each([
    ['etag', '"one"', 'if-none-match'],
    ['last-modified', 'Fri, 27 Nov 2026 00:00:00 GMT', 'if-modified-since'],
  ])('are read by a conditional request where the response has %s', async (name, value, condition) => {
    const { adapter, server } = await setUp((response, { headers }) => {
      if (headers[condition] === value) return answer(response, 304);
      response.setHeader(name, value);
      answer(response, 200, keys);
    });
    const reads = [await adapter.publishedKeyIds(), await adapter.publishedKeyIds()];
    expect(reads).toEqual([new Set(['key-1', 'key-2']), new Set(['key-1', 'key-2'])]);
    expect(server.received.map(({ headers }) => headers[condition])).toEqual([undefined, value]);
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  it('are unknown where the settings name no address, and no issuer', async () => {
    const { origin, received } = await ownServer((response) => answer(response, 200, keys));
    const adapter = ownAdapter({ endpoint: { tokenEndpoint: `${origin}/token` } });
    expect(await adapter.publishedKeyIds()).toBeUndefined();
    expect(received).toEqual([]);
  });

  it('are those of the metadata of the issuer', async () => {
    const { origin } = await ownServer((response, { url }) =>
      answer(
        response,
        200,
        url === '/jwks'
          ? keys
          : { issuer: origin, token_endpoint: `${origin}/t`, jwks_uri: `${origin}/jwks` },
      ),
    );
    const adapter = ownAdapter({ endpoint: { issuer: origin } });
    expect(await adapter.publishedKeyIds()).toEqual(new Set(['key-1', 'key-2']));
  });

  it.each([
    ['there are none', { keys: [] }],
    ['one has no kid', { keys: [{ kid: 'key-1' }, { kty: 'RSA' }] }],
    ['a kid is no text', { keys: [{ kid: 1 }] }],
    ['a key is no object', { keys: [null] }],
  ])('do not say which keys there are when %s', async (_title, body) => {
    const { adapter } = await setUp((response) => answer(response, 200, body));
    expect(await adapter.publishedKeyIds()).toBeUndefined();
  });

  it.each<[string, Respond]>([
    ['a failure', (response) => answer(response, 503)],
    ['a redirect', (response) => void response.writeHead(302, { location: '/other' }).end()],
    ['a page', (response) => answer(response, 200, '<html>')],
    ['no key set', (response) => answer(response, 200, { keys: 'key-1' })],
    ['more than 256 KiB', (response) => answer(response, 200, { keys: [{ kid: 'x'.repeat(300_000) }] })],
    ['304 without a condition', (response) => answer(response, 304)],
    ['nothing', (response) => void response.destroy()],
  ])('cannot be read when the server answers with %s', async (_title, respond) => {
    const { adapter } = await setUp(respond);
    await expect(adapter.publishedKeyIds()).rejects.toMatchObject({ reason: 'unavailable' });
  });
});
