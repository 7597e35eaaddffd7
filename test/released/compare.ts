import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { freePort } from '#test/free-port.js';
import { ReleasedBuild } from '#test/released-build.js';
import { until } from '#test/until.js';

// `npm run test:released`: the same input to the build of 0.1.0 and to this one. What the later one promises must hold
// with it, and not with the former: a test of a promise that always held would show nothing.

const builds = { '0.1.0': new ReleasedBuild(), this: undefined };
const own = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));
const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown) => void ends.unshift(end);

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => unknown;

const token = { access_token: 'not-a-real-token', token_type: 'Bearer', expires_in: 600, scope: 'a' };
const send = (response: ServerResponse, body: object | Buffer, status = 200, headers: object = {}) =>
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
const jwt = (claims: object) =>
  ['{"alg":"none"}', JSON.stringify(claims), 'x']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** Answers of authorization servers, and what consumers get for them. */
const answers: Record<string, [answer: Answer, isRight: (reply: Reply) => boolean]> = {
  'no token_type': [(_, out) => send(out, { ...token, token_type: undefined }), isServed],
  'status 201': [(_, out) => send(out, token, 201), isServed],
  'an empty error beside a token': [(_, out) => send(out, { ...token, error: '' }), isServed],
  'a byte of ISO-8859-1 in another field': [
    (_, out) => send(out, Buffer.from(JSON.stringify({ ...token, company: 'Müller' }), 'latin1')),
    isServed,
  ],
  'content-encoding x-gzip': [
    (_, out) => send(out, gzipSync(JSON.stringify(token)), 200, { 'content-encoding': 'x-gzip' }),
    isServed,
  ],
  'a 100 Continue that nothing asked for': [
    (_, out) => {
      out.writeContinue();
      send(out, token);
    },
    isServed,
  ],
  'expires_in 120.5 as text': [(_, out) => send(out, { ...token, expires_in: '120.5' }), isServed],
  'expires_in 0': [(_, out) => send(out, { ...token, expires_in: 0 }), (reply) => !isServed(reply)],
  'a JWT of 90 s with expires_in in milliseconds': [
    (_, out) =>
      send(out, {
        ...token,
        expires_in: 90_000,
        access_token: jwt({ iat: inSeconds(0), exp: inSeconds(90) }),
      }),
    (reply) => isServed(reply) && Number(reply.body['expires_in']) <= 90,
  ],
  '200 with an error of GitHub': [
    (_, out) => send(out, { error: 'bad_verification_code' }),
    ({ body }) => JSON.stringify(body).includes('bad_verification_code'),
  ],
  'a client id with hyphens by Basic': [
    (sent, out) => {
      const [, encoded = ''] = (sent.headers.authorization ?? '').split(' ');
      const isRaw = Buffer.from(encoded, 'base64').toString().startsWith('a-b:');
      send(out, isRaw ? token : { error: 'invalid_client' }, isRaw ? 200 : 401);
    },
    isServed,
  ],
  'a kept connection that is reset': [
    (sent, out, count) => (count === 2 ? (sent.socket as Socket).resetAndDestroy() : send(out, token)),
    isServed,
  ],
  'a 404 of a router, then a token': [
    (_, out, count) => (count === 1 ? out.writeHead(404).end() : send(out, token)),
    isServed,
  ],
};

function isServed({ status }: Reply): boolean {
  return status === 200;
}

const server = createServer((sent, out) => {
  sent.resume().once('end', () => {
    const name = decodeURIComponent(sent.url!.slice(1));
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    void answers[name]![0](sent, out, count);
  });
}).listen(0, '127.0.0.1');
let counts = new Map<string, number>();
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const { key, hash } = someKey();
const names = Object.keys(answers);
const nameOf = (n: number) => `client-${n}`;
const settings = {
  clients: Object.fromEntries(
    names.map((name, n) => [
      nameOf(n),
      {
        tokenEndpoint: `http://127.0.0.1:${port}/${encodeURIComponent(name)}`,
        clientId: 'a-b',
        clientSecret: 'not-a-real-secret',
        clientAuthentication: 'client_secret_basic',
        scopes: ['a', 'b'],
      },
    ]),
  ),
  consumers: {
    orders: { keys: [hash], allow: names.map((_, n) => ({ client: nameOf(n), scopes: ['a', 'b'] })) },
  },
};

/** What is done to a process, and whether it is right. */
const deeds: Record<string, (broker: BrokerProcess, main: string) => Promise<boolean>> = {
  'an empty scope in a form': async (broker) => {
    const response = await fetch(`${broker.consumers}/oauth2/${nameOf(0)}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`orders:${key}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: '' }),
    });
    return !(await response.text()).includes('invalid_scope') && response.status !== 400;
  },
  '%zz behind the prefix of a proxy': (broker) => passes(broker, 'GET', '/%zz'),
  'PROPFIND behind the prefix of a proxy': (broker) => passes(broker, 'PROPFIND', '/files'),
  'a refusal after the head has an id': async (broker) => {
    const headers = { authorization: `Bearer ${key}` };
    const sent = request(`${broker.consumers}/forward-auth/%zz/a`, { headers })
      .on('error', () => {})
      .end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response.resume().headers['x-request-id'] !== undefined;
  },
  'DNS rebinding': async (broker) => {
    const sent = request(`${broker.management}/api/tokens`, { headers: { host: 'attacker.example' } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response.resume().statusCode === 421;
  },
  '--version': async (_, main) => spawnSync(process.execPath, [main, '--version']).status === 0,
  'NODE_TLS_REJECT_UNAUTHORIZED=0': async (broker, main) => {
    const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const args = [main, 'check', `${broker.folder}/settings.yaml`];
    return spawnSync(process.execPath, args, { env }).status !== 0;
  },
  'a full disk under the log': async (_, main) => {
    const [consumers, management] = [await freePort(), await freePort()];
    const host = '127.0.0.1';
    const full = BrokerProcess.launch(
      { ...settings, listen: { host, port: consumers }, management: { host, port: management } },
      { main, atEnd, under: ['sh', '-c', 'exec "$@" >/dev/full', 'sh'] },
    );
    const isAlive = async () => (await fetch(`http://${host}:${management}/livez`)).ok;
    await until(isAlive, 'it is alive');
    const headers = { authorization: `Bearer ${key}` };
    const signal = AbortSignal.timeout(30_000);
    await fetch(`http://${host}:${consumers}/token?client=${nameOf(0)}&scopes=a`, { headers, signal });
    full.signal('SIGTERM');
    return Promise.race([full.exited().then(() => true), pause(30_000).then(() => false)]);
  },
  SIGUSR1: async (broker) => {
    broker.signal('SIGUSR1');
    await pause(500);
    return !broker.errorOutput.includes('Debugger listening');
  },
  'an idle connection after SIGTERM': async (_, main) => {
    const broker = await BrokerProcess.start(settings, { main, atEnd });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async () => {
      const headers = { authorization: `Bearer ${key}` };
      const sent = request(`${broker.consumers}/token?client=${nameOf(0)}&scopes=a`, {
        agent,
        headers,
      }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      return response.statusCode;
    };
    await ask();
    broker.signal('SIGTERM');
    await pause(500);
    return (await ask()) === 200;
  },
  SIGHUP: async (_, main) => {
    const broker = await BrokerProcess.start(settings, { main, atEnd });
    broker.signal('SIGHUP');
    await pause(500);
    return fetch(`${broker.management}/livez`).then(({ ok }) => ok);
  },
};

async function passes(broker: BrokerProcess, method: string, path: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${key}` };
  const sent = request(`${broker.consumers}/forward-auth/${nameOf(0)}/a${path}`, { method, headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode !== 400 && response.statusCode !== 405;
}

const results = new Map<string, Record<string, boolean>>();
for (const [build, released] of Object.entries(builds)) {
  const main = released?.main ?? own;
  counts = new Map();
  const broker = await BrokerProcess.start(settings, { main, atEnd });
  const note = (name: string, isRight: boolean) =>
    results.set(name, { ...results.get(name), [build]: isRight });
  for (const [n, name] of names.entries()) {
    const path = `/token?client=${nameOf(n)}&scopes=`;
    let reply = await broker.get(`${path}a`, key);
    if (name.startsWith('a kept')) reply = await broker.get(`${path}b`, key);
    if (name.startsWith('a 404')) {
      await pause(2_500);
      reply = await broker.get(`${path}a`, key);
    }
    note(name, answers[name]![1](reply));
  }
  for (const [name, deed] of Object.entries(deeds)) note(name, await deed(broker, main).catch(() => false));
}
for (const end of ends) await end();
builds['0.1.0'].remove();

const mark = (isRight: boolean | undefined) => (isRight === true ? 'holds' : 'fails');
for (const [name, { '0.1.0': before, this: now }] of results) {
  process.stdout.write(`${name.padEnd(50)} 0.1.0 ${mark(before)}  this build ${mark(now)}\n`);
}
const all = [...results.values()];
const shown = all.filter(({ '0.1.0': before, this: now }) => before === false && now === true).length;
process.stdout.write(`${shown} of ${all.length} fail on 0.1.0 and hold now\n`);
process.exit(all.every(({ this: now }) => now) ? 0 : 1);
