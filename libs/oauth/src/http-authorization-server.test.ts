import { describe, expect, it } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { failureOf, ownAdapter, setUp } from '../../../test/oauth/own-adapter.js';
import { answer, grant, ownServer, type Respond } from '../../../test/oauth/own-server.js';
import { FakeClock } from '#test/fake-clock.js';
import { someClient } from '#test/the.js';
import type { ClientCredential } from './request/client-credential.js';
import type { TokenRequestEvent } from './http-authorization-server.js';

const scopes = ScopeSet.parse('api:partner create:orders');
const request = someClient().request(scopes);

describe('a token request', () => {
  it('carries grant type and scopes, and brings the token', async () => {
    const { adapter, server } = await setUp((response) => grant(response));

    const token = await adapter.requestToken(request, 'v1');

    expect(token.accessToken.reveal()).toBe('some-token');
    const [received] = server.received;
    expect(received).toMatchObject({ method: 'POST', url: '/connect/token' });
    expect(Object.fromEntries(received!.body)).toEqual({
      grant_type: 'client_credentials',
      scope: 'api:partner create:orders',
    });
    expect(received!.headers).toMatchObject({ accept: 'application/json', 'user-agent': 'token-broker' });
  });

  it('carries no scope where none is asked for', async () => {
    const { adapter, server } = await setUp((response) => grant(response));

    await adapter.requestToken(someClient().request(ScopeSet.empty), 'v1');

    expect(server.received[0]!.body.has('scope')).toBe(false);
  });

  it('carries the further parameters, which cannot replace its own', async () => {
    const parameters = { audience: 'https://api.example', grant_type: 'password', scope: 'admin' };
    const { adapter, server } = await setUp((response) => grant(response));

    await adapter.requestToken(someClient({ parameters }).request(scopes), 'v1');

    expect(Object.fromEntries(server.received[0]!.body)).toEqual({
      audience: 'https://api.example',
      grant_type: 'client_credentials',
      scope: 'api:partner create:orders',
    });
  });

  it('carries each resource separately', async () => {
    const { adapter, server } = await setUp((response) => grant(response));

    await adapter.requestToken(
      someClient().request(scopes, ['https://b.example', 'https://a.example']),
      'v1',
    );

    expect(server.received[0]!.body.getAll('resource')).toEqual(['https://a.example', 'https://b.example']);
  });

  it('starts the life of the token at its sending', async () => {
    const clock = new FakeClock();
    const sentAt = clock.now();
    const slow: Respond = (response) => {
      clock.advance(700);
      grant(response);
    };
    const events: TokenRequestEvent[] = [];
    const { adapter } = await setUp(slow, { clock, onTokenRequest: (event) => events.push(event) });

    expect((await adapter.requestToken(request, 'v1')).sentAt).toBe(sentAt);
    expect(events).toEqual([expect.objectContaining({ client: 'rabot', outcome: 'ok', duration: 700 })]);
  });

  it('uses a connection of those before it, after a refusal too', async () => {
    const { adapter, server } = await setUp((response) => {
      if (server.received.length % 2 === 0) return answer(response, 401, { error: 'invalid_client' });
      return grant(response);
    });

    for (let count = 0; count < 10; count += 1) {
      await adapter.requestToken(request, 'v1').catch(() => undefined);
    }

    expect(server.received).toHaveLength(10);
    // A connection is free again a moment after its answer is complete, so that two take turns at times.
    expect(new Set(server.received.map(({ connection }) => connection)).size).toBeLessThanOrEqual(2);
  });

  it('uses the given credential', async () => {
    const { adapter, server } = await setUp((response) => grant(response), {
      credentials: new Map<string, ClientCredential>([
        ['old', { clientAuthentication: 'client_secret_post', clientSecret: new Secret('old-fake') }],
        ['new', { clientAuthentication: 'client_secret_post', clientSecret: new Secret('new-fake') }],
      ]),
    });

    await adapter.requestToken(request, 'new');
    await adapter.requestToken(request, 'old');

    expect(server.received.map(({ body }) => body.get('client_secret'))).toEqual(['new-fake', 'old-fake']);
  });

  it('is refused for a credential that is not in the settings', async () => {
    const { adapter, server } = await setUp((response) => grant(response));

    expect((await failureOf(adapter.requestToken(request, 'gone'))).reason).toBe('client_refused');
    expect(server.received).toEqual([]);
  });

  it('is never sent in clear to another machine', async () => {
    const adapter = ownAdapter({ endpoint: { tokenEndpoint: 'http://auth.example/token' } });

    expect(await failureOf(adapter.requestToken(request, 'v1'))).toMatchObject({
      reason: 'wrong_endpoint',
      message: expect.stringContaining('is no https URL'),
    });
  });
});

describe('a signal', () => {
  it('ends a request at once with its reason, and counts nothing', async () => {
    const controller = new AbortController();
    const events: TokenRequestEvent[] = [];
    const { adapter } = await setUp(() => controller.abort(new Error('the lock is lost')), {
      onTokenRequest: (event) => events.push(event),
    });

    await expect(adapter.requestToken(request, 'v1', controller.signal)).rejects.toThrow('the lock is lost');
    expect(events).toEqual([]);
  });

  it('ends a request within its body', async () => {
    const controller = new AbortController();
    const { adapter } = await setUp((response) => {
      response.write('{', () => controller.abort(new Error('the lock is lost')));
    });

    await expect(adapter.requestToken(request, 'v1', controller.signal)).rejects.toThrow('the lock is lost');
  });

  it('that aborted before sends nothing', async () => {
    const { adapter, server } = await setUp((response) => grant(response));

    await expect(
      adapter.requestToken(request, 'v1', AbortSignal.abort(new Error('the lock is lost'))),
    ).rejects.toThrow('the lock is lost');
    expect(server.received).toEqual([]);
  });
});

describe('a revocation', () => {
  const token = new Secret('not-a-real-token');
  const endpointOf = (origin: string) => ({
    tokenEndpoint: `${origin}/connect/token`,
    revocationEndpoint: `${origin}/connect/revocation`,
  });

  it.each<[ClientCredential['clientAuthentication'], ClientCredential, string | null]>([
    ['none', { clientAuthentication: 'none' }, 'client-1'],
    ['client_secret_basic', { clientAuthentication: 'client_secret_basic', clientSecret: token }, null],
  ])('by a client with %s has the client_id that it needs', async (_name, credential, clientId) => {
    const server = await ownServer((response) => answer(response, 200));
    const adapter = ownAdapter({ endpoint: endpointOf(server.origin) }, credential);

    expect(await adapter.revokeToken(token)).toBe(true);

    const [received] = server.received;
    expect(received).toMatchObject({ method: 'POST', url: '/connect/revocation' });
    expect(received!.body.get('token')).toBe('not-a-real-token');
    expect(received!.body.get('client_id')).toBe(clientId);
  });
});

describe('close', () => {
  it('lets the requests in flight finish', async () => {
    const arrived = Promise.withResolvers<() => void>();
    const { adapter } = await setUp((response) => arrived.resolve(() => grant(response)));
    const asked = adapter.requestToken(request, 'v1');
    const respond = await arrived.promise;

    const closed = adapter.close();
    respond();

    expect((await asked).lifetime).toBe(3_600_000);
    await closed;
    expect((await failureOf(adapter.requestToken(request, 'v1'))).reason).toBe('unavailable');
  });
});
