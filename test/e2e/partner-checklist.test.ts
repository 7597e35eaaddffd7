import { atEndOfAll } from '#test/at-end.js';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import type { Misbehaviour } from '../../apps/dev-authorization-server/src/misbehaviour.js';
import { BrokerProcess, someKey, type TokenReply } from '#test/broker-process.js';
import { leaksIn } from '#test/leaked-credentials.js';
import { ManyCallers } from '#test/many-callers.js';
import { startOidcProvider } from '#test/oidc-provider.js';
import { client, consumer, registration } from '#test/partner.js';
import { patiently } from '#test/patient-consumer.js';
import { runningScene, runningServer, type Scene } from '#test/running.js';

const root = join(import.meta.dirname, '../..');

function tokenIn({ body }: TokenReply): string {
  return String(body['access_token']);
}

function sha256(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The partner's API, called as a consumer calls it. */
function callApi(server: DevAuthorizationServer, token: string): Promise<Response> {
  return fetch(`${server.url}/partner/v1/orders`, { headers: { authorization: `Bearer ${token}` } });
}

function somePrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The ways in which a secret stands in a form, a URL, a header or JSON. */
function formsOf(secret: string): string[] {
  const form = new URLSearchParams({ s: secret }).toString().slice('s='.length);
  const encoded = [secret, form, encodeURIComponent(secret)];
  const basic = encoded.map((each) => Buffer.from(`posting:${each}`).toString('base64'));
  return [...encoded, ...basic, JSON.stringify(secret).slice(1, -1)];
}

/** What a consumer makes of an answer, beside the `exp` of the token in it. All instants in milliseconds since 1970. */
async function expiryOf(broker: BrokerProcess, path: string, key: string) {
  const askedAt = Date.now();
  const reply = await broker.get(path, key);
  const seenAt = Date.now();
  const token = tokenIn(reply);
  const exp = Number(decodeJwt(token).exp) * 1000;
  return { token, expiresIn: Number(reply.body['expires_in']), exp, seenAt, took: seenAt - askedAt };
}

/** What the authorization server may do for a whole day, by the client that meets it, and what its consumers are told. */
const faults: Readonly<Record<string, { fault: Misbehaviour; status: number; error: string }>> = {
  'internal-error': { fault: { answer: { status: 500 } }, status: 503, error: 'temporarily_unavailable' },
  down: { fault: { answer: { status: 503, html: true } }, status: 503, error: 'temporarily_unavailable' },
  throttled: { fault: { answer: { retryAfter: 1 } }, status: 503, error: 'temporarily_unavailable' },
  silent: { fault: { hang: true }, status: 503, error: 'temporarily_unavailable' },
  cut: { fault: { resetMidBody: true }, status: 503, error: 'temporarily_unavailable' },
  page: { fault: { answer: { html: true } }, status: 502, error: 'upstream_malformed' },
  garbage: { fault: { answer: { base64: 'AAEC/w==' } }, status: 502, error: 'upstream_malformed' },
  stranger: { fault: { answer: { error: 'invalid_client' } }, status: 502, error: 'upstream_rejected' },
};

const talkative = 'not-a-real-secret"/%+& of a partner';

/** How an authorization server gives away what it was sent, by the client that meets it. */
function indiscretions(secret: string): Record<string, Misbehaviour> {
  const wrong = { error: 'invalid_client', error_description: `not ${secret}` };
  const choosy = { error: 'invalid_scope', error_description: secret };
  return {
    wrong: { answer: { status: 401, json: wrong } },
    choosy: { answer: { status: 400, json: choosy } },
    broken: { answer: { body: `{"access_token":"eyJub3QtcmVhbA.eyJub3QtcmVhbA.x","was":"${secret}"` } },
    odd: { fields: { token_type: 'mac' } },
    moved: { answer: { redirectTo: `https://${encodeURIComponent(secret)}@example/?${secret}` } },
    cut: { resetMidBody: true },
    silent: { hang: true },
  };
}

/** A broker with two good clients, `posting` and `signing`, and one for each indiscretion. */
async function chattyScene() {
  const provider = await startOidcProvider();
  onTestFinished(() => provider.stop());
  const { clientId, privateKey: pem, keyId, algorithm } = provider.clients.private_key_jwt;
  const posting = ['posting', ...Object.keys(indiscretions(''))];
  const server = await runningServer({ clients: posting.map((name) => registration(name, [talkative])) });
  for (const [name, indiscretion] of Object.entries(indiscretions(talkative))) {
    server.misbehave({ client: name, ...indiscretion });
  }
  const [known, unknown] = [someKey(), someKey()];
  const bySecret = { clientSecret: '${SECRET}' };
  const impatient = { ...bySecret, timeout: 0.3 };
  const byKey = {
    clientSecret: undefined,
    clientAuthentication: 'private_key_jwt',
    privateKey: '${PRIVATE_KEY}',
    keyId,
    algorithm,
    scopes: ['api:partner', 'create:orders'],
  };
  const broker = await BrokerProcess.start(
    {
      clients: {
        ...Object.fromEntries(
          posting.map((name) => [
            name,
            client(server, { clientId: name, ...(name === 'posting' ? bySecret : impatient) }),
          ]),
        ),
        signing: client(provider, { clientId, ...byKey }),
      },
      consumers: { 'order-service': consumer(known, ['api:partner'], [...posting, 'signing']) },
    },
    { environment: { SECRET: talkative, PRIVATE_KEY: pem, DEBUG: '*' } },
  );
  return {
    broker,
    ask: (query: string, key = known.key) => broker.get(`/token?${query}`, key),
    clientSecrets: [...formsOf(talkative), ...pem.split('\n').filter((line) => /^[\w+/=]{16,}$/.test(line))],
    keys: { known: known.key, unknown: unknown.key },
  };
}

/** Who asks for what, and what the token must be good for: `requiredScopes` are added, and nothing else. */
const wishes = [
  { consumer: 'order-service', client: 'rabot', scopes: ['api:partner'] },
  { consumer: 'order-service', client: 'rabot', scopes: ['create:orders', 'api:partner'] },
  { consumer: 'order-service', client: 'rabot', scopes: ['create:orders'] },
  { consumer: 'finance-report', client: 'rabot', scopes: ['api:partner'] },
  { consumer: 'finance-report', client: 'rabot', scopes: ['api:partner', 'role:finance-reporting'] },
  { consumer: 'support-desk', client: 'rabot', scopes: ['role:customer-support', 'create:orders'] },
  { consumer: 'support-desk', client: 'rabot', scopes: ['api:partner', 'create:orders'] },
  { consumer: 'support-desk', client: 'other', scopes: ['api:partner', 'create:orders'] },
] as const;

type Wish = (typeof wishes)[number];

/** The scope set of a wish as a sorted string. */
function grantFor({ scopes }: Wish): string {
  return [...new Set(['api:partner', ...scopes])].toSorted().join(' ');
}

/** The same wish in as many forms as there are: order, duplicates, one parameter or several. */
function pathFor({ client: name, scopes }: Wish, form: number): string {
  const turned = form % 2 === 0 ? scopes : scopes.toReversed();
  const repeated = form % 3 === 0 ? [...turned, turned[0]] : turned;
  const query = form % 5 === 0 ? repeated.map((scope) => ['scope', scope]) : [['scopes', repeated.join(' ')]];
  return `/token?${new URLSearchParams([['client', name], ...query] as [string, string][])}`;
}

describe('the checklist of the partner guide', () => {
  /** Its token grows older while the first tests run: a token of a few seconds is not renewed when it is rejected. */
  let elder: Scene & { token: string };

  const atEnd = atEndOfAll();

  beforeAll(async () => {
    const scene = await runningScene({}, {}, atEnd);
    const reply = await scene.broker.get('/token?scopes=api:partner', scene.key);
    elder = { ...scene, token: tokenIn(reply) };
  });

  it('1: initial authentication works', async () => {
    const { server, broker, key } = await runningScene();

    const reply = await broker.get('/token?scopes=api:partner+create:orders', key);

    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ token_type: 'Bearer', scope: 'api:partner create:orders' });
    expect(decodeJwt(tokenIn(reply))).toMatchObject({ iss: server.issuer, client_id: 'whitelabel' });
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(server.counts).toMatchObject({ total: 1, byOutcome: { issued: 1 } });
  });

  it('2: the token works as a Bearer header at an API that checks it', async () => {
    const { server, broker, key } = await runningScene();
    const token = tokenIn(await broker.get('/token?scopes=api:partner', key));
    const answer = await callApi(server, token);

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ client: 'whitelabel', scopes: ['api:partner'] });
    expect((await callApi(server, `${token}x`)).status).toBe(401);
  });

  it('3: the expiry counts from the sending of the token request, and is computed for each answer', async () => {
    const { server, broker, key } = await runningScene();
    const delay = 1_500;
    server.misbehave({ scope: 'api:partner create:orders', delay });

    const first = await expiryOf(broker, '/token?scopes=api:partner', key);
    const delayed = await expiryOf(broker, '/token?scopes=api:partner+create:orders', key);
    const later = await expiryOf(broker, '/token?scopes=api:partner', key);

    for (const { seenAt, took, expiresIn, exp } of [first, delayed, later]) {
      // `exp` is cut to whole seconds, and so is `expires_in`.
      expect(Math.abs(seenAt + expiresIn * 1000 - exp)).toBeLessThanOrEqual(1_000 + took);
    }
    expect(first.expiresIn).toBeLessThan(3599);
    expect(delayed.expiresIn).toBeLessThanOrEqual(3599 - delay / 1000);
    expect(later.token).toBe(first.token);
    expect(later.expiresIn).toBeLessThan(first.expiresIn);
    expect(later.exp).toBe(first.exp);
  });

  it('4: the token is renewed before its expiry, and no caller waits for that', async () => {
    const { server, broker, key } = await runningScene(
      { renewal: { at: 0.1, minRemaining: 2 } },
      { lifetime: 12 },
    );
    const ask = () => broker.get('/token?scopes=api:partner', key);
    const first = tokenIn(await ask());

    server.hold();
    await server.waitForRequests(2);
    // Nobody asked, and the authorization server does not answer: these come from memory.
    const meanwhile = await Promise.all(Array.from({ length: 20 }, ask));

    expect(meanwhile.map(tokenIn)).toEqual(meanwhile.map(() => first));
    expect(meanwhile.every(({ body }) => Number(body['expires_in']) > 2)).toBe(true);
    expect(server.counts).toMatchObject({ total: 2, inFlight: 1 });

    server.release();
    await expect.poll(async () => tokenIn(await ask()), { timeout: 30_000 }).not.toBe(first);
    expect(decodeJwt(first).exp! * 1000).toBeGreaterThan(Date.now());
  });

  it('5: a 401 of the API leads to a new token', async () => {
    const { server, broker, key } = elder;
    const path = '/token?scopes=api:partner+create:orders';
    const young = tokenIn(await broker.get(path, key));
    const reject = (token: string, scopes: string) =>
      broker.reject({ access_token_sha256: sha256(token), scopes }, key);

    server.revoke(young);
    expect((await callApi(server, young)).status).toBe(401);
    const early = await reject(young, 'api:partner create:orders');
    expect(early).toMatchObject({ status: 429, body: { error: 'slow_down' } });
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(early.headers.get('retry-after'))).toBeLessThanOrEqual(10);

    const before = server.counts.total;
    server.revoke(elder.token);
    expect((await callApi(server, elder.token)).status).toBe(401);
    const first = await patiently(() => reject(elder.token, 'api:partner'));
    const others = await Promise.all(Array.from({ length: 20 }, () => reject(elder.token, 'api:partner')));

    expect(first.status).toBe(200);
    expect(tokenIn(first)).not.toBe(elder.token);
    expect((await callApi(server, tokenIn(first))).status).toBe(200);
    expect(new Set(others.map(tokenIn))).toEqual(new Set([tokenIn(first)]));
    expect(server.counts.total).toBe(before + 1);
  });

  it('6: no credential stands in the code or gets into the image', () => {
    const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
    const files = tracked.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
    const found = files.flatMap((file) =>
      leaksIn(file, readFileSync(join(root, file), 'utf8')).map((leak) => `${file}: ${leak}`),
    );

    expect(found).toEqual([]);
    expect(files).toContain('package.json');
    expect(leaksIn('any.ts', `'${someKey().key}' and ${somePrivateKey()}`)).toHaveLength(2);
    expect(leaksIn('any.yaml', 'clientSecret: in-the-clear')).toHaveLength(1);
    for (const ignore of ['.gitignore', '.dockerignore'].filter((file) => existsSync(join(root, file)))) {
      expect(readFileSync(join(root, ignore), 'utf8').split('\n')).toContainEqual(
        expect.stringMatching(/^(?:\*|(?:\*\*\/)?\.env\*?)$/),
      );
    }
  });

  it('7: no credential is logged', async () => {
    const { broker, ask, clientSecrets, keys } = await chattyScene();

    const good = [await ask('client=posting'), await ask('client=signing')];
    const tokens = good.map(tokenIn);
    const bad = [
      ...(await Promise.all(Object.keys(indiscretions('')).map((name) => ask(`client=${name}`)))),
      await ask('client=posting', keys.unknown),
      await ask(`client=posting&scopes=${keys.known}`),
      await ask(`client=${keys.known}`),
      await ask(`client=posting&access_token=${tokens[0]}`),
      await broker.get(`/${keys.known}/${tokens[0]}`, keys.known),
      await broker.reject({ client: 'posting', access_token_sha256: tokens[0] }, keys.known),
      await broker.reject({ client: tokens[0], access_token: tokens[0] }, keys.known),
    ];
    broker.rewrite({
      clients: { posting: { [talkative]: talkative, timeout: talkative, clientSecret: { talkative } } },
    });
    await broker.logged(({ level, msg }) => level === 'error' && String(msg).includes('refused'));
    const operators = [await broker.metrics(), await (await fetch(`${broker.management}/readyz`)).text()];
    broker.signal('SIGTERM');
    await broker.exited();

    expect(good.map(({ status }) => status)).toEqual([200, 200]);
    expect(bad.map(({ status }) => status).filter((status) => status < 400)).toEqual([]);
    expect(broker.lines.filter(({ audit }) => audit !== undefined).length).toBeGreaterThanOrEqual(15);
    const ofConsumers = [
      keys.known,
      keys.unknown,
      ...tokens.flatMap((token) => [token, ...token.split('.')]),
    ];
    const toldToOperators = [broker.output, ...operators].join('\n');
    const toldToConsumers = bad.map(({ body }) => JSON.stringify(body)).join('\n');
    expect([...clientSecrets, ...ofConsumers].filter((each) => toldToOperators.includes(each))).toEqual([]);
    expect(toldToOperators).not.toMatch(/eyJ[\w-]{8}/);
    expect(clientSecrets.filter((each) => toldToConsumers.includes(each))).toEqual([]);
  });

  it('8: whatever goes wrong is told in the form of the contract, and the broker goes on', async () => {
    const names = Object.keys(faults);
    const server = await runningServer({ clients: ['steady', ...names].map((name) => registration(name)) });
    const away = await DevAuthorizationServer.start({ clients: [registration('away')] });
    await away.stop();
    const { key, hash } = someKey();
    const clientOf = (name: string) => [name, client(server, { clientId: name, timeout: 0.5 })];
    const settings = {
      clients: {
        ...Object.fromEntries(['steady', ...names].map(clientOf)),
        away: client(away, { clientId: 'away' }),
      },
      consumers: { 'order-service': consumer({ hash }, ['api:partner'], ['steady', 'away', ...names]) },
    };
    const broker = await BrokerProcess.start(settings);
    const ask = (name: string) => broker.get(`/token?client=${name}`, key);
    const steady = tokenIn(await ask('steady'));
    server.misbehave({ client: 'steady', close: true });
    for (const [name, { fault }] of Object.entries(faults)) server.misbehave({ client: name, ...fault });

    const told = await Promise.all(names.map(ask));
    for (const [index, { status, error }] of Object.values(faults).entries()) {
      expect(told[index]).toMatchObject({
        status,
        body: { error, error_description: expect.stringContaining(names[index]!) },
      });
      expect(told[index]!.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    }
    expect(await ask('away')).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(tokenIn(await ask('steady'))).toBe(steady);

    server.reset();
    await runningServer({ clients: [registration('away')], port: Number(new URL(away.url).port) });
    const passing = ['away', ...names.filter((name) => name !== 'stranger')];
    const recovered = await Promise.all(passing.map((name) => patiently(() => ask(name))));
    expect(recovered.map(({ status }) => status)).toEqual(recovered.map(() => 200));
    // A refused credential is left alone for 30 s, unless it is another one.
    server.replaceSecrets('stranger', ['another-fake-secret']);
    const corrected = client(server, { clientId: 'stranger', clientSecret: 'another-fake-secret' });
    broker.rewrite({ ...settings, clients: { ...settings.clients, stranger: corrected } });
    await expect.poll(async () => (await ask('stranger')).status, { timeout: 30_000 }).toBe(200);
  });

  it('9: a thousand concurrent callers cost one token request for each scope set, and each gets its own', async () => {
    const server = await runningServer({ clients: [registration(), registration('other')] });
    const keys = { 'order-service': someKey(), 'finance-report': someKey(), 'support-desk': someKey() };
    const broker = await BrokerProcess.start({
      clients: { rabot: client(server), other: client(server, { clientId: 'other' }) },
      consumers: {
        'order-service': consumer(keys['order-service']),
        'finance-report': consumer(keys['finance-report'], ['api:partner', 'role:finance-reporting']),
        'support-desk': consumer(
          keys['support-desk'],
          ['api:partner', 'create:orders', 'role:customer-support'],
          ['rabot', 'other'],
        ),
      },
    });
    const grants = new Set(wishes.map((wish) => `${wish.client}: ${grantFor(wish)}`));
    const callers = new ManyCallers();
    onTestFinished(() => callers.close());

    server.hold();
    const calls = Array.from({ length: 1_000 }, (_, index) => {
      const wish = wishes[index % wishes.length]!;
      const form = Math.floor(index / wishes.length);
      return { wish, ...callers.get(broker.consumers + pathFor(wish, form), keys[wish.consumer].key) };
    });
    await Promise.all([...calls.map(({ sent }) => sent), server.waitForRequests(grants.size)]);
    server.release();
    const answers = await Promise.all(calls.map(async ({ wish, answer }) => ({ wish, ...(await answer) })));

    const tokens = new Set<unknown>();
    for (const { wish, status, body } of answers) {
      expect(status).toBe(200);
      tokens.add(body['access_token']);
      const { client_id, scope } = decodeJwt(String(body['access_token']));
      expect(client_id).toBe(wish.client === 'rabot' ? 'whitelabel' : 'other');
      expect(String(scope).split(' ').toSorted().join(' ')).toBe(grantFor(wish));
    }
    expect(tokens.size).toBe(grants.size);
    expect(server.counts).toMatchObject({ total: grants.size, maxInFlightPerKey: 1 });
    // Warm as it is, it still asks first who may have what.
    const greedy = await broker.get('/token?scopes=create:orders', keys['finance-report'].key);
    expect(greedy).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  });
});
