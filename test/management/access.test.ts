import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { freePort } from '#test/free-port.js';
import { IdentityProvider, LoginWalk, operatorClient, type People } from '#test/identity-provider.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { exchangeRaw } from '../http/raw-socket.js';

const roles = ['scraper', 'viewer', 'operator'] as const;
const people: People = {
  scraper: ['monitoring'],
  viewer: ['staff'],
  operator: ['platform'],
  stranger: ['others'],
};
const groups = { scraper: ['monitoring'], viewer: ['staff'], operator: ['platform'] };
const callers = ['nobody', 'stranger', ...roles] as const;
type Caller = (typeof callers)[number];
const ways = ['none', 'bearer', 'proxy', 'oidc'] as const;
type Way = (typeof ways)[number];

/** What each path is for; what operators do is sent by POST. */
const paths = {
  '/livez': 'nobody',
  '/readyz': 'nobody',
  '/metrics': 'scraper',
  '/': 'viewer',
  '/page/status.css': 'nobody',
  '/page/main.js': 'viewer',
  '/docs': 'viewer',
  '/openapi.json': 'viewer',
  '/runbook': 'viewer',
  '/api/tokens': 'viewer',
  '/api/tokens/history?ids=AAAAAAAAAAAA': 'viewer',
  '/api/entitlements': 'viewer',
  '/api/consumers': 'viewer',
  '/api/tokens/renew': 'operator',
  '/api/tokens/purge': 'operator',
} as const satisfies Record<string, Caller>;

const keys = Object.fromEntries(roles.map((role) => [role, someKey()])) as Record<
  (typeof roles)[number],
  ReturnType<typeof someKey>
>;

/** Of an operator, and expired. */
const late = someKey();

const atEnd = atEndOfAll();
let brokers: Record<Way, BrokerProcess>;
let provider: IdentityProvider;
const sessions = new Map<string, string>();

beforeAll(async () => {
  const server = await runningServer({}, atEnd);
  const base = {
    trustedProxies: ['127.0.0.1'],
    clients: { rabot: client(server, { requiredScopes: [] }) },
    consumers: { 'order-service': consumer(someKey()) },
  };
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  provider = await IdentityProvider.start(people, [`${publicUrl}/login/callback`], atEnd);
  const bearer = Object.fromEntries([
    ...roles.map((role) => [`a-${role}`, { keys: [keys[role].hash], role }]),
    ['late', { keys: [{ hash: late.hash, expiresAt: '2020-12-31' }], role: 'operator' }],
  ]);
  const managements: Record<Way, object> = {
    none: {},
    bearer: { authentication: { bearer } },
    proxy: { authentication: { proxy: { addresses: ['127.0.0.1'], roles: groups } } },
    oidc: {
      port,
      publicUrl,
      authentication: {
        oidc: {
          issuer: provider.issuer,
          ...operatorClient,
          scopes: ['openid', 'profile', 'groups'],
          roles: groups,
        },
      },
    },
  };
  const started = await Promise.all(
    ways.map(async (way) => {
      const management = { host: '127.0.0.1', port: 0, ...managements[way] };
      return [way, await BrokerProcess.start({ ...base, management }, { atEnd })] as const;
    }),
  );
  brokers = Object.fromEntries(started) as Record<Way, BrokerProcess>;
  for (const name of Object.keys(people)) {
    const walk = new LoginWalk();
    await walk.logIn(publicUrl, name);
    sessions.set(name, walk.cookiesFor(publicUrl));
  }
}, 60_000);

/** What proves a caller by each way. */
function proofOf(way: Way, caller: Caller): Record<string, string> {
  if (caller === 'nobody') return {};
  if (way === 'proxy')
    return { 'x-forwarded-user': caller, 'x-forwarded-groups': people[caller]!.join(', ') };
  if (way === 'oidc') return { cookie: sessions.get(caller)! };
  const { key } = caller === 'stranger' ? someKey() : keys[caller];
  return { authorization: `Bearer ${key}` };
}

function ask(way: Way, path: string, headers: Record<string, string> = {}): Promise<Response> {
  const isCommand = /renew|purge/.test(path);
  return fetch(`${brokers[way].management}${path}`, {
    method: isCommand ? 'POST' : 'GET',
    // It names nothing: whoever may, is answered that it is malformed, and nothing is done.
    ...(isCommand && { body: '{}' }),
    headers: { ...headers, ...(isCommand && { 'content-type': 'application/json' }) },
  });
}

/** Goes from the log-in to the provider, and returns the address to which it leads back, without going there. */
async function atCallback(walk: LoginWalk): Promise<string> {
  const asked = await walk.go(`${brokers.oidc.management}/login`);
  const headers = { cookie: walk.cookiesFor(new URL(asked.url).origin) };
  const body = new URLSearchParams({ name: 'operator' });
  const posted = await fetch(asked.url, { method: 'POST', body, headers, redirect: 'manual' });
  const resumed = await fetch(posted.headers.get('location')!, { headers, redirect: 'manual' });
  return resumed.headers.get('location')!;
}

function expectedStatus(way: Way, caller: Caller, path: keyof typeof paths): number {
  const [has, needs] = [callers.indexOf(caller), callers.indexOf(paths[path])];
  const isAllowed = way === 'none' || needs === 0 || (has >= needs && has >= callers.indexOf('scraper'));
  if (isAllowed) return /renew|purge/.test(path) ? 400 : 200;
  return caller === 'nobody' || (caller === 'stranger' && way === 'bearer') ? 401 : 403;
}

describe('management.authentication', () => {
  it.each(ways.flatMap((way) => callers.map((caller) => [way, caller] as const)))(
    '%s: lets %s reach exactly what the role is for',
    async (way, caller) => {
      const proof = proofOf(way, caller);
      const names = Object.keys(paths) as (keyof typeof paths)[];
      const statuses = await Promise.all(
        names.map(async (path) => [path, (await ask(way, path, proof)).status]),
      );
      expect(statuses).toEqual(names.map((path) => [path, expectedStatus(way, caller, path)]));
    },
  );

  it.each(ways)('%s: has no path besides those of this table', async (way) => {
    for (const path of ['/api', '/page/', '/metrics/x', '/login/x']) {
      expect((await ask(way, path, proofOf(way, 'operator'))).status).toBe(404);
    }
  });

  it('names in the audit who has acted, and who was refused', async () => {
    const order = { client: 'rabot', scopes: ['api:partner'] };
    const renew = (way: Way, caller: Caller) =>
      fetch(`${brokers[way].management}/api/tokens/renew`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...proofOf(way, caller) },
        body: JSON.stringify(order),
      });
    for (const way of ['bearer', 'proxy', 'oidc'] as const) {
      expect((await renew(way, 'operator')).status).toBe(200);
      expect((await renew(way, 'viewer')).status).toBe(403);
      const name = way === 'bearer' ? 'a-operator' : 'operator';
      const person = way === 'oidc' ? { operatorSubject: 'operator' } : {};
      const common = { by: 'operator', authentication: way, address: '127.0.0.1' };
      await brokers[way].logged((line) => line['audit'] === 'renewed' && line['operator'] === name);
      await brokers[way].logged(
        ({ path, operator }) => path === '/api/tokens/renew' && operator !== undefined,
      );
      expect(brokers[way].lines).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ ...common, ...person, ...order, scopes: 'api:partner', operator: name }),
          expect.objectContaining({
            ...common,
            audit: 'access_denied',
            method: 'POST',
            path: '/api/tokens/renew',
          }),
        ]),
      );
    }
  });

  it('bearer: refuses a key from its `expiresAt` on as an unknown one, and says whose it was in the audit', async () => {
    const answers = [late, someKey()].map(({ key }) =>
      ask('bearer', '/api/tokens', { authorization: `Bearer ${key}` }),
    );
    const [expired, unknown] = await Promise.all(answers);
    expect([expired?.status, await expired?.text()]).toEqual([401, await unknown?.text()]);
    const line = await brokers.bearer.logged(({ operator }) => operator === 'late');
    expect(line).toMatchObject({
      audit: 'invalid_client',
      by: 'operator',
      reason: 'the API key has expired at 2020-12-31T00:00:00.000Z',
    });
  });

  it('proxy: believes headers of its addresses only, and no header that comes twice', async () => {
    const { management } = brokers.proxy;
    const raw = (lines: string) =>
      exchangeRaw(
        management,
        `GET /api/tokens HTTP/1.1\r\nhost: ${new URL(management).host}\r\n${lines}\r\n`,
      );
    const proof = 'x-forwarded-user: operator\r\nx-forwarded-groups: platform\r\n';
    expect((await raw(proof))?.status).toBe(200);
    expect((await raw(`x-forwarded-user: stranger\r\n${proof}`))?.status).toBe(401);
    expect((await raw('x-forwarded-user:\r\nx-forwarded-groups: platform\r\n'))?.status).toBe(401);
    // One of two lists may be the caller's own, too: none of them counts.
    expect((await raw(`${proof}x-forwarded-groups: staff\r\n`))?.status).toBe(403);
    expect((await ask('bearer', '/api/tokens', proofOf('proxy', 'operator'))).status).toBe(401);
    expect((await ask('oidc', '/api/tokens', proofOf('proxy', 'operator'))).status).toBe(401);
  });

  it('oidc: takes no session of another host, of another broker, or that was altered', async () => {
    const { management } = brokers.oidc;
    const cookie = sessions.get('operator')!;
    const raw = (host: string, value: string) =>
      exchangeRaw(management, `GET /api/tokens HTTP/1.1\r\nhost: ${host}\r\ncookie: ${value}\r\n\r\n`);
    const { host, port } = new URL(management);
    expect((await raw(host, cookie))?.status).toBe(200);
    expect((await raw(`localhost:${port}`, cookie))?.status).toBe(401);
    expect((await raw(host, `${cookie.slice(0, -8)}AAAAAAAA`))?.status).toBe(401);
    expect((await raw(host, cookie.replace('session=', 'session=x')))?.status).toBe(401);
    expect((await ask('bearer', '/api/tokens', { cookie })).status).toBe(401);
  });

  it('oidc: leads a browser to the log-in, and a program to an error', async () => {
    const { management } = brokers.oidc;
    const { host } = new URL(management);
    const page = await exchangeRaw(
      management,
      `GET / HTTP/1.1\r\nhost: ${host}\r\naccept: text/html\r\nsec-fetch-mode: navigate\r\n\r\n`,
    );
    expect([page?.status, page?.headers.get('location')]).toEqual([302, `${management}/login`]);
    const login = await fetch(`${management}/login`, { redirect: 'manual' });
    const location = new URL(login.headers.get('location')!);
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      redirect_uri: `${management}/login/callback`,
      response_type: 'code',
      code_challenge_method: 'S256',
      state: expect.any(String),
      nonce: expect.any(String),
    });
    const [cookie] = login.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-token-broker-login=[\w.-]+; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    );
    expect((await fetch(`${management}/api/tokens`)).headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it.each<[string, (walk: LoginWalk, url: string) => Promise<Response>]>([
    ['begun in another browser', (_walk, url) => new LoginWalk('192.0.2.1').go(url)],
    ['whose state was altered', (walk, url) => walk.go(url.replace(/state=[^&]*/, 'state=other'))],
    ['whose state comes twice', (walk, url) => walk.go(`${url}&state=other`)],
    ['without a state', (walk, url) => walk.go(url.replace(/state=[^&]*/, ''))],
    ['whose code comes twice', (walk, url) => walk.go(`${url}&code=other`)],
    [
      'that names another provider',
      (walk, url) => walk.go(url.replace(/iss=[^&]*/, 'iss=https://evil.example')),
    ],
    ['that the provider refused', (walk, url) => walk.go(url.replace(/code=/, 'error=access_denied&x='))],
    [
      'of another that was begun since',
      async (walk, url) => {
        await walk.go(`${brokers.oidc.management}/login`);
        return walk.go(url);
      },
    ],
    [
      'that has ended, once more',
      async (walk, url) => {
        const cookie = walk.cookiesFor(brokers.oidc.management);
        expect((await new LoginWalk('192.0.2.1').go(url)).status).toBe(403);
        const headers = { cookie, accept: 'text/html', 'x-forwarded-for': '192.0.2.99' };
        expect((await fetch(url, { headers, redirect: 'manual' })).status).toBe(302);
        return fetch(url, { headers, redirect: 'manual' });
      },
    ],
  ])('oidc: ends no log-in %s', async (title, finish) => {
    const { management } = brokers.oidc;
    // Failed log-ins are limited by address.
    const walk = new LoginWalk(`2001:db8:0:${title.length}::1`);
    const back = await atCallback(walk);
    expect(back).toContain(`${management}/login/callback?code=`);
    const answer = await finish(walk, back);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('log-in');
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(walk.cookiesFor(management)).not.toContain('session');
  });

  it.each([
    '//evil.example/%2e%2e',
    '/\\evil.example',
    '/login?next=https://evil.example',
    '/?a=%0d%0aset-cookie:x=y',
    '/logout/..//evil.example',
  ])('oidc: leads from %s to no other place than the log-in', async (path) => {
    const { management } = brokers.oidc;
    const { host } = new URL(management);
    const headers = 'accept: text/html\r\nsec-fetch-mode: navigate\r\n';
    const answer = await exchangeRaw(management, `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers}\r\n`);
    const location = answer?.headers.get('location') ?? `${management}/login`;
    expect([management, provider.issuer]).toContain(new URL(location).origin);
    expect(location).not.toContain('evil');
    expect(answer?.headers.get('set-cookie') ?? '').not.toContain('x=y');
  });

  it.each(['bearer', 'none', 'proxy'] as const)('%s: has no log-in', async (way) => {
    for (const path of ['/login', '/login/callback', '/logout']) {
      expect((await ask(way, path)).status).toBe(404);
    }
  });
});
