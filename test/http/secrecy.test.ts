import { type AtEnd, atEndOfAll } from '#test/at-end.js';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { BrokerProcess, someKey, type TokenReply } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { EchoingServer, echoes, strayToken } from './echoing-server.js';
import { OwnIssuer } from './own-issuer.js';
import { exchangeRaw } from './raw-socket.js';
import { leaksIn } from './secret-forms.js';
import { until } from '#test/until.js';

/** Of characters that every encoding writes differently, around a part that none changes. */
function plant(name: string): string {
  const core = `canary${randomBytes(12).toString('hex')}`;
  secrets.set(`core of ${name}`, core);
  const secret = `not a real:"s&cret"+/%=~ ${core} ?`;
  secrets.set(name, secret);
  return secret;
}

const secrets = new Map<string, string>();
/** What was answered since the last look, and how far the log of each broker was read then. */
const heard: string[] = [];
const read = new WeakMap<BrokerProcess, number>();

const [key, strangerKey] = [someKey(), someKey()];
const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const bearerToken = `not-a-real-bearer-${randomBytes(12).toString('hex')}`;
const realSecret = plant('secret of the real client');

const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
const echoing = Object.keys(echoes).flatMap((echo) =>
  methods.map((method) => ({ name: `${echo}.${method}`, echo, method })),
);

type Form = Record<string, string> | [string, string][];

function basic(name: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${btoa([name, secret].map(encodeURIComponent).join(':'))}` };
}

function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 12);
}

let server: DevAuthorizationServer;
let echoingServer: EchoingServer;
let issuer: OwnIssuer;
let broker: BrokerProcess;

function credentialOf(name: string, method: (typeof methods)[number]): object {
  const proof = method === 'private_key_jwt' ? { privateKey } : { clientSecret: plant(`secret of ${name}`) };
  return {
    clientAuthentication: method,
    ...proof,
    headers: { 'x-api-key': plant(`gateway key of ${name} by ${method}`) },
  };
}

function clients(): Record<string, object> {
  const common = { clientId: 'whitelabel', scopes: ['api:partner', 'create:orders'], timeout: 2 };
  const echoed = echoing.map(({ name, echo, method }) => {
    const tokenEndpoint = `${echoingServer.url}/${echo}`;
    return [name, { ...common, ...credentialOf(name, method), tokenEndpoint }] as const;
  });
  const unreachable = {
    refused: 'http://127.0.0.1:9/token',
    'not-tls': echoingServer.url.replace('http:', 'https:'),
    unresolvable: 'https://nowhere.invalid/token',
    'no-metadata': undefined,
  };
  const lost = Object.entries(unreachable).map(([name, tokenEndpoint]) => {
    const where = tokenEndpoint === undefined ? { issuer: `${echoingServer.url}/text` } : { tokenEndpoint };
    return [name, { ...common, ...credentialOf(name, 'client_secret_basic'), ...where }] as const;
  });
  const rabot = client(server, { clientSecret: '${CLIENT_SECRET}', requiredScopes: [] });
  return { rabot, ...Object.fromEntries([...echoed, ...lost]) };
}

function settings(): Record<string, object> {
  const named = clients();
  const echoed = { issuer: `${echoingServer.url}/text`, audience: 'token-broker', bearerToken };
  return {
    clients: named,
    consumers: {
      'order-service': consumer(key, ['api:partner'], Object.keys(named)),
      batch: {
        workload: { issuer: 'cluster', subject: 'nightly' },
        allow: [{ client: 'rabot', scopes: ['api:partner'] }],
      },
    },
    workloadIssuers: {
      cluster: issuer.settings,
      discovered: echoed,
      echoing: { ...echoed, issuer: `${echoingServer.url}/page`, jwksUri: `${echoingServer.url}/page` },
    },
  };
}

let inForce: Record<string, object>;

const atEnd = atEndOfAll();

beforeAll(async () => {
  secrets.set('API key', key.key).set('API key of nobody', strangerKey.key).set('bearer token', bearerToken);
  secrets.set('token that strayed', strayToken);
  for (const [index, line] of privateKey.split('\n').slice(1, -2).entries()) {
    secrets.set(`line ${index + 1} of the private key`, line);
  }
  [server, echoingServer, issuer] = await Promise.all([
    DevAuthorizationServer.start({ clients: [registration('whitelabel', [realSecret])] }),
    EchoingServer.start(),
    OwnIssuer.start(),
  ]);
  inForce = settings();
  broker = await started(atEnd);
});

afterAll(async () => {
  await Promise.all([server?.stop(), echoingServer?.stop(), issuer?.stop()]);
});

function started(end: AtEnd = onTestFinished): Promise<BrokerProcess> {
  return BrokerProcess.start(inForce, { environment: { CLIENT_SECRET: realSecret }, atEnd: end });
}

/** Remembers the answer, without the one field where a token belongs; and the token. */
function hear({ status, headers, body }: TokenReply): TokenReply {
  const { access_token: token, ...rest } = body;
  if (status === 200) secrets.set(`token ${fingerprint(String(token))}`, String(token));
  heard.push(JSON.stringify([status, [...headers], status === 200 ? rest : body]));
  return { status, headers, body };
}

async function ask(query: string, credential = key.key, of = broker): Promise<TokenReply> {
  return hear(await of.get(`/token${query}`, credential));
}

/** What has left the broker since the last time, but for tokens that went to whom they belong. */
async function leaked(of = broker): Promise<string[]> {
  for (const secret of echoingServer.heard) secrets.set(`credential sent ${fingerprint(secret)}`, secret);
  for (const path of ['/metrics', '/readyz', '/livez', '/openapi.json', '/docs']) {
    heard.push(await (await fetch(`${of.management}${path}`)).text());
  }
  const { output } = of;
  const said = [output.slice(read.get(of)), ...heard.splice(0)].join('\n');
  read.set(of, output.length);
  return leaksIn(said, secrets);
}

/** What a broker writes that does not start with these settings. */
async function refused(wrong: object | string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const refusing = BrokerProcess.launch(wrong, { environment });
  expect(await refusing.exited()).toBe(78);
  heard.push(refusing.output);
  return refusing.output;
}

describe('no secret and no token leaves the broker', () => {
  it('when a search for it is put to the test itself', () => {
    const secret = plant('test');
    const encodings = ['hex', 'base64', 'base64url'] as const;
    const written = encodings.map((encoding) => Buffer.from(`client-1:${secret}!`).toString(encoding));
    for (const text of [...written, secret, encodeURIComponent(secret), JSON.stringify({ secret })]) {
      expect(leaksIn(`...${text}...`, secrets)).toContainEqual(expect.stringMatching(/^test \(/));
    }
    expect(leaksIn('nothing', secrets)).toEqual([]);
  });

  it('when authorization servers throw back what they are sent', async () => {
    for (const { name } of echoing) {
      const first = await ask(`?client=${name}`);
      expect([name, [200, 400, 502, 503].includes(first.status)]).toEqual([name, true]);
      await ask(`?client=${name}&scopes=api:partner`);
    }
    expect(echoingServer.heard.size).toBeGreaterThan(echoing.length);
    expect(await leaked()).toEqual([]);
  });

  it('when authorization servers cannot be reached', async () => {
    for (const name of ['refused', 'not-tls', 'unresolvable', 'no-metadata']) {
      expect((await ask(`?client=${name}`)).status).toBeGreaterThanOrEqual(502);
    }
    expect(await leaked()).toEqual([]);
  });

  it('when a consumer shows the wrong credential', async () => {
    const { body } = await ask('?client=rabot');
    const jwt = await issuer.jwt('nightly');
    const now = Math.floor(Date.now() / 1000);
    const wrong = [
      strangerKey.key,
      `${key.key}.`,
      String(body['access_token']),
      `${jwt}x`,
      jwt.split('.').slice(0, 2).join('.'),
      await issuer.jwt('somebody'),
      await issuer.jwt('nightly', { exp: now - 60 }),
      await issuer.jwt('nightly', { aud: 'another' }),
      await issuer.jwt('nightly', { iss: 'https://other.example' }),
    ];
    const unverifiable = ['text', 'page'].map((path) =>
      issuer.jwt('nightly', { iss: `${echoingServer.url}/${path}` }),
    );
    for (const [index, credential] of [...wrong, ...(await Promise.all(unverifiable))].entries()) {
      secrets.set(`wrong credential ${index}`, credential);
      const { status } = await ask('', credential);
      expect([index, status]).toEqual([index, index < wrong.length ? 401 : 503]);
    }
    secrets.set('workload JWT', jwt);
    expect((await ask('', jwt)).status).toBe(200);
    expect(await leaked()).toEqual([]);
  });

  it('when a consumer asks for what it may not have', async () => {
    const scope = `not-a-real-${randomBytes(12).toString('hex')}`;
    const asked = await broker.get(`/token?client=rabot&scopes=${scope}+create:orders`, key.key);
    expect(asked.status).toBe(403);
    secrets.set('secret as a scope', scope);
    expect(await leaked()).toEqual([]);
  });

  it('when a request is malformed', async () => {
    const { body } = await ask('?client=rabot');
    const token = encodeURIComponent(String(body['access_token']));
    const queries = ['access_token', 'client', 'min_ttl', 'resource'].map((name) => `${name}=${token}`);
    for (const query of [...queries, `scopes="${token}`, `client=rabot&x=${key.key}`]) {
      expect([query, (await ask(`?${query}`)).status]).toEqual([query, 400]);
    }
    const credential = `Authorization: Bearer ${key.key}`;
    const heads = [
      `GET /${key.key} HTTP/1.1\r\nHost: x\r\n${credential}`,
      `GET /%zz${key.key} HTTP/1.1\r\nHost: x\r\n${credential}`,
      `GET /token HTTP/1.1\r\nHost: x\r\n${credential}\0`,
      `GET /token HTTP/1.1\r\nHost: x\r\n${credential}\r\n${credential}`,
      `GET /token?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n${credential}`,
      `${credential} HTTP/1.1\r\nHost: x`,
    ];
    for (const url of [broker.consumers, broker.management]) {
      for (const head of heads) {
        const answer = await exchangeRaw(url, `${head}\r\n\r\n`);
        heard.push(JSON.stringify([answer!.status, [...answer!.headers], answer!.body]));
      }
    }
    expect(await leaked()).toEqual([]);
  });

  it('when a token is rejected', async () => {
    const { body } = await ask('?client=rabot');
    const token = String(body['access_token']);
    const access_token_sha256 = createHash('sha256').update(token).digest('hex');
    const bodies = [
      { client: 'rabot', access_token_sha256 },
      { client: 'rabot', access_token_sha256: token },
      { client: 'rabot', access_token: token },
      { client: token, access_token_sha256 },
      { client: 'rabot', access_token_sha256, scopes: { token } },
    ];
    // Too young to be renewed, unless this machine takes its time.
    const statuses = [[200, 429], [400], [400], [400], [400]];
    for (const [index, one] of bodies.entries()) {
      const { status } = hear(await broker.reject(one, key.key));
      expect([index, statuses[index]]).toEqual([index, expect.arrayContaining([status])]);
    }
    expect(await leaked()).toEqual([]);
  });

  it('when an OAuth client authenticates, or means to', async () => {
    const grant = { grant_type: 'client_credentials' };
    const own = { client_id: 'order-service', client_secret: key.key };
    const jwt = await issuer.jwt('nightly');
    const wrongJwt = await issuer.jwt('somebody');
    secrets.set('client assertion', jwt).set('wrong client assertion', wrongJwt);
    const assertion = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: jwt,
    };
    const wrong = plant('wrong client_secret');
    const at = '/oauth2/rabot/token';
    const rows: [what: string, status: number, path: string, form: Form, headers?: Record<string, string>][] =
      [
        ['secret in the form', 200, at, { ...grant, ...own }],
        ['secret in Basic', 200, at, grant, basic('order-service', key.key)],
        ['assertion', 200, at, { ...grant, ...assertion }],
        ['wrong secret in the form', 401, at, { ...grant, ...own, client_secret: wrong }],
        ['wrong secret in Basic', 401, at, grant, basic('order-service', wrong)],
        ['key of nobody', 401, at, { ...grant, ...own, client_secret: strangerKey.key }],
        ['wrong assertion', 401, at, { ...grant, ...assertion, client_assertion: wrongJwt }],
        ['key as assertion', 401, at, { ...grant, ...assertion, client_assertion: key.key }],
        ['key as Bearer', 401, at, grant, { authorization: `Bearer ${key.key}` }],
        ['Basic without a name', 401, at, grant, { authorization: `Basic ${btoa(key.key)}` }],
        [
          'secret and name changed over',
          401,
          at,
          { ...grant, client_id: key.key, client_secret: 'order-service' },
        ],
        ['secret as the name in Basic', 401, at, grant, basic(key.key, 'order-service')],
        ['two ways', 400, at, { ...grant, ...own }, basic('order-service', key.key)],
        ['secret twice', 400, at, [...Object.entries({ ...grant, ...own }), ['client_secret', key.key]]],
        ['secret as grant type', 400, at, { ...own, grant_type: key.key }],
        [
          'secret as assertion type',
          400,
          at,
          { ...grant, client_assertion: jwt, client_assertion_type: key.key },
        ],
        ['secret as resource', 400, at, { ...grant, ...own, resource: key.key }],
        ['secret as client', 400, `/oauth2/${encodeURIComponent(wrong)}/token`, { ...grant, ...own }],
        ['secret in the address', 400, `${at}?client_secret=${key.key}`, { ...grant, ...own }],
        ['secret in the path', 404, `/oauth2/${key.key}`, { ...grant, ...own }],
        ['form that is too long', 413, at, { ...grant, ...own, filler: 'x'.repeat(17_000) }],
        ['form under another name', 400, at, { ...grant, ...own }, { 'content-type': 'text/plain' }],
        ['refused upstream', 502, '/oauth2/description.client_secret_post/token', { ...grant, ...own }],
      ];
    for (const [what, status, path, form, headers = {}] of rows) {
      const request = { method: 'POST', headers, body: new URLSearchParams(form) };
      const answer = await fetch(`${broker.consumers}${path}`, request);
      const body = (await answer.json()) as TokenReply['body'];
      hear({ status: answer.status, headers: answer.headers, body });
      expect([what, answer.status]).toEqual([what, status]);
    }
    expect(await leaked()).toEqual([]);
  });

  it('when the settings are wrong wherever a secret may be', async () => {
    const real = {
      tokenEndpoint: 'https://auth.example/',
      clientId: 'c',
      clientSecret: plant('secret'),
      scopes: [],
    };
    const faults: Record<string, object> = {
      'password in an address': {
        tokenEndpoint: `https://user:${encodeURIComponent(plant('password'))}@auth.example/`,
      },
      'secret as an address': { tokenEndpoint: plant('misplaced secret') },
      'secret in lists': { clientSecret: [[plant('listed secret')]] },
      'secret as a name': { clientSecret: { [plant('unquoted secret')]: null } },
      'secret as a file name': { clientSecret: { file: '${SECRET_PATH}' } },
      'three secrets': { clientSecret: [plant('first'), plant('second'), plant('third')] },
      'secret as a method': { clientAuthentication: plant('method') },
      'secret as a scope': { scopes: [plant('scope')] },
      'secret as a number': { timeout: plant('timeout') },
      'broken private key': {
        clientAuthentication: 'private_key_jwt',
        privateKey: `-----BEGIN PRIVATE KEY-----\n${plant('broken key')}\n-----END PRIVATE KEY-----`,
      },
      'secret as a certificate': { ca: plant('certificate') },
    };
    const named = Object.entries(faults).map(([name, fault]) => [
      name.replaceAll(' ', '-'),
      { ...real, ...fault },
    ]);
    const one = { keys: [key.hash, strangerKey.key], allow: [] };
    const wrong = { clients: Object.fromEntries(named) as object, consumers: { one } };

    const told = await refused(wrong, { SECRET_PATH: plant('file name') });

    for (const [name] of named) expect(told).toContain(`clients.${String(name)}.`);
    expect(told).toContain('consumers.one.keys');
    expect(await leaked()).toEqual([]);
  });

  it('when the settings are no YAML', async () => {
    const texts = ['clients: {rabot: {clientSecret: "SECRET}}', '*SECRET'];
    await Promise.all(texts.map((text) => refused(text.replace('SECRET', plant(text).replaceAll('"', '')))));
    expect(await leaked()).toEqual([]);
  });

  it('when a reload is refused, or brings another secret', async () => {
    const own = await started();
    const rewrite = (rabot: object) => own.rewrite({ ...inForce, clients: { ...inForce['clients'], rabot } });
    const clientSecret = { [plant('unquoted secret')]: 1 };
    rewrite({ ...client(server), clientSecret, timeout: plant('secret as a number') });
    await own.logged(({ msg }) => String(msg).startsWith('changed settings refused'));
    writeFileSync(join(own.folder, 'secret'), plant('next secret'));
    rewrite(client(server, { clientSecret: { file: 'secret' }, requiredScopes: [] }));
    await own.logged(({ msg }) => msg === 'settings reloaded');
    expect((await ask('?client=rabot', key.key, own)).body).toMatchObject({
      upstream_error: 'invalid_client',
    });
    expect(await leaked(own)).toEqual([]);
  });

  it('when it stops', async () => {
    const own = await started();
    await ask('?client=rabot', key.key, own);
    own.signal('SIGTERM');
    expect(await own.exited()).toBe(0);
    heard.push(own.output);
    expect(leaksIn(heard.splice(0).join(), secrets)).toEqual([]);
  });
});

describe('the audit line', () => {
  const atEndOfAudit = atEndOfAll();
  const audited = () => own.lines.filter((line) => 'audit' in line);
  let own: BrokerProcess;

  beforeAll(async () => {
    own = await started(atEndOfAudit);
    const { body } = await ask('?client=rabot', key.key, own);
    await ask('?client=rabot', await issuer.jwt('nightly'), own);
    const access_token_sha256 = createHash('sha256').update(String(body['access_token'])).digest('hex');
    hear(await own.reject({ client: 'rabot', access_token_sha256 }, key.key));
    await ask('?client=rabot', strangerKey.key, own);
    const queries = [
      '',
      '?client=rabot&scopes="',
      '?client=rabot&scopes=create:orders+some',
      '?client=refused',
    ];
    for (const query of [...queries, ...echoing.map(({ name }) => `?client=${name}`)])
      await ask(query, key.key, own);
    await until(async () => audited().length >= 4 + queries.length + echoing.length, 'all is in the log');
  });

  it('of a token served tells whose it is, and the start of its SHA-256', () => {
    const served = audited().filter(({ audit, client: name }) => audit === 'served' && name === 'rabot');
    expect(served.length).toBeGreaterThan(1);
    for (const line of served) {
      expect(line).toMatchObject({ client: 'rabot', scopes: 'api:partner', msg: 'token served' });
      expect(['order-service', 'batch']).toContain(line['consumer']);
      expect(secrets.has(`token ${String(line['token'])}`)).toBe(true);
      expect(line['token']).toMatch(/^[0-9a-f]{12}$/);
    }
  });

  it('of a refusal tells who asked and why it was refused, and no token', () => {
    const refusals = audited().filter(({ audit }) => audit !== 'served');
    for (const line of refusals) expect(line).toMatchObject({ msg: 'token refused' });
    expect(refusals.filter((line) => 'token' in line)).toEqual([]);
    expect(new Set(refusals.map(({ audit }) => audit))).toEqual(
      new Set([
        'invalid_request',
        'invalid_scope',
        'invalid_client',
        'access_denied',
        'slow_down',
        'upstream_rejected',
        'upstream_malformed',
        'temporarily_unavailable',
      ]),
    );
    const denied = refusals.find(({ audit }) => audit === 'access_denied');
    expect(denied).toMatchObject({ consumer: 'order-service', asked: 'create:orders (unknown)' });
    expect(refusals.find(({ audit }) => audit === 'invalid_client')).not.toHaveProperty('consumer');
  });
});
