import { describe, expect, it } from 'vitest';
import { ask, credential, post, secret, someServer, whitelabel } from '../test/some-server.js';
import type { ClientRegistration } from './clients.js';

const grant = { grant_type: 'client_credentials' };
const basicClient: ClientRegistration = {
  clientId: 'a client: 1',
  scopes: ['api:partner'],
  authentication: { method: 'client_secret_basic' },
  secrets: ['a+b %/:ü'],
};

function basic(id: string, password: string): { authorization: string } {
  const encode = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2);
  const pair = `${encode(id)}:${encode(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

describe('client_secret_basic', () => {
  it('takes id and secret form-url-encoded', async () => {
    const server = await someServer({ clients: [basicClient] });
    expect((await post(server, grant, basic('a client: 1', 'a+b %/:ü'))).status).toBe(200);
  });

  it('takes them as they are for a client that is registered so', async () => {
    const authentication = { method: 'client_secret_basic', decoded: false } as const;
    const server = await someServer({ clients: [{ ...basicClient, clientId: 'a-b', authentication }] });
    const pair = (password: string) => `Basic ${Buffer.from(`a-b:${password}`).toString('base64')}`;
    expect((await post(server, grant, { authorization: pair('a+b %/:ü') })).status).toBe(200);
    expect((await post(server, grant, basic('a-b', 'a+b %/:ü'))).status).toBe(401);
  });

  it.each([
    ['a secret that is not encoded', `Basic ${btoa('a+client%3A+1:a+b %/:ü')}`],
    ['a wrong secret', basic('a client: 1', 'wrong').authorization],
    ['a credential without a colon', `Basic ${btoa('nothing')}`],
    ['another scheme', 'Bearer not-a-real-token'],
  ])('refuses %s with a challenge', async (_, authorization) => {
    const answer = await post(await someServer({ clients: [basicClient] }), grant, { authorization });
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: 'invalid_client' }]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('refuses a client that is registered for another method', async () => {
    const answer = await post(await someServer(), grant, basic('whitelabel', secret));
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: 'invalid_client' }]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('refuses two methods at once', async () => {
    const answer = await post(
      await someServer({ clients: [basicClient] }),
      { ...grant, ...credential },
      basic('a client: 1', 'a+b %/:ü'),
    );
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  });
});

describe('client_secret_post', () => {
  it('takes each secret while a rotation lasts, and none that was replaced', async () => {
    const server = await someServer({ clients: [{ ...whitelabel, secrets: ['old-fake', 'new-fake'] }] });
    expect((await ask(server, { client_secret: 'old-fake' })).status).toBe(200);
    expect((await ask(server, { client_secret: 'new-fake' })).status).toBe(200);
    server.replaceSecrets('whitelabel', ['new-fake']);
    expect((await ask(server, { client_secret: 'old-fake' })).status).toBe(401);
    expect((await ask(server, { client_secret: 'new-fake' })).status).toBe(200);
  });

  it('refuses a client that is registered for Basic, without a challenge', async () => {
    const server = await someServer({
      clients: [{ ...whitelabel, authentication: basicClient.authentication }],
    });
    const answer = await ask(server);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, null]);
  });
});
