import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Authority } from '#test/certificates.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { NameServer } from '#test/name-server.js';
import { client, consumer, registration } from '#test/partner.js';
import { RedisServer } from '#test/redis-server.js';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import type { NamesReport } from './name-servers.test.js';

// Run by name-servers.test.ts in a network of its own: brokers, whose authorization servers and Redis have names.

const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown) => void ends.unshift(end);
const hanging = Array.from({ length: 8 }, (_, n) => `hangs-${n}.test`);
const good = ['good.test', 'good-too.test', 'moves.test', 'ipv6-without-route.test', 'silent-first.test'];

const names = await NameServer.start({
  ...Object.fromEntries(hanging.map((name) => [name, 'hangs' as const])),
  'redis.test': 'hangs',
  'good.test': ['127.0.0.2'],
  'good-too.test': ['127.0.0.2'],
  'moves.test': ['127.0.0.2'],
  'ipv6-without-route.test': ['2001:db8::1', '127.0.0.2'],
  // getaddrinfo sorts the nearer one first: nothing answers there.
  'silent-first.test': ['127.0.0.1', '127.0.0.2'],
});
atEnd(() => names.stop());

const authority = await Authority.create('CN=throwaway authority');
const tls = await authority.issueForServer([...good, ...hanging]);
const options = { clients: [registration()], tls };
const server = await DevAuthorizationServer.start({ ...options, host: '127.0.0.2' });
atEnd(() => server.stop());
const port = Number(new URL(server.tokenEndpoint).port);
await listenInVain('127.0.0.1', port);

const { key, hash } = someKey();
const clients = Object.fromEntries(
  [...good, ...hanging].map((name) => [
    name.replace('.test', ''),
    client(
      { tokenEndpoint: `https://${name}:${port}${new URL(server.tokenEndpoint).pathname}` },
      { ca: authority.pem, timeout: 4 },
    ),
  ]),
);
const settings = {
  clients,
  consumers: { orders: consumer({ hash }, ['api:partner', 'create:orders'], Object.keys(clients)) },
};
const broker = await BrokerProcess.start(settings, { atEnd });
const ask = async (of: BrokerProcess, name: string, scopes = 'api:partner') =>
  (await of.get(`/token?client=${name.replace('.test', '')}&scopes=${encodeURIComponent(scopes)}`, key))
    .status;

/** What is asked for while look-ups of other hosts hang, and how many of those were answered before it. */
async function besideHanging(of: BrokerProcess, name: string) {
  let answered = 0;
  const others = hanging.map((one) => ask(of, one).finally(() => (answered += 1)));
  await pause(300);
  const status = await ask(of, name);
  const before = answered;
  return { status, answeredBefore: before, hanging: await Promise.all(others) };
}

const report: NamesReport = {
  hanging: await besideHanging(broker, 'good.test'),
  silentFirst: await ask(broker, 'silent-first.test'),
  ipv6WithoutRoute: await ask(broker, 'ipv6-without-route.test'),
  ...(await redisReport()),
  moved: await movedReport(),
  down: await downReport(),
};
for (const end of ends) await end();
process.stdout.write(JSON.stringify(report), () => process.exit());

/** Of a replica whose Redis has a name that no name server answers for, nor for its lock nodes. */
async function redisReport(): Promise<Pick<NamesReport, 'redisHangs' | 'redisSilentFirst'>> {
  const lockNodes = [1, 2, 3].map((n) => `redis://lock-${n}.test:6379/0`);
  for (const n of [1, 2, 3]) names.zone[`lock-${n}.test`] = 'hangs';
  const alone = await BrokerProcess.start(
    { ...settings, store: storeAt({ url: 'redis://redis.test:6379/0', lockNodes }) },
    { atEnd },
  );
  const redisHangs = await besideHanging(alone, 'good-too.test');
  const redis = await RedisServer.start({ directives: { bind: '127.0.0.2' } });
  atEnd(() => redis.stop());
  await listenInVain('127.0.0.1', redis.port);
  names.zone['redis.test'] = ['127.0.0.1', '127.0.0.2'];
  const shared = await BrokerProcess.start(
    { ...settings, store: storeAt({ url: `redis://redis.test:${redis.port}/0` }) },
    { atEnd },
  );
  await ask(shared, 'good.test');
  const ready = (await (await fetch(`${shared.management}/readyz`)).json()) as { parts: { tokens: string } };
  return { redisHangs, redisSilentFirst: ready.parts.tokens };
}

/** The setting `store`. */
function storeAt(redis: object): object {
  return { redis: { ...redis, encryptionKeys: [{ id: 'one', key: randomBytes(32).toString('base64') }] } };
}

/** The server gets another address, and nothing listens at the former one. */
async function movedReport(): Promise<number> {
  await ask(broker, 'moves.test');
  const other = await DevAuthorizationServer.start({ ...options, host: '127.0.0.3', port });
  atEnd(() => other.stop());
  names.zone['moves.test'] = ['127.0.0.3'];
  const before = other.counts.total;
  // Longer than connections are kept and addresses are fresh.
  await pause(4_500);
  await ask(broker, 'moves.test', 'api:partner create:orders');
  return other.counts.total - before;
}

/** The name server is silent, or fails, for all names: addresses are known. */
async function downReport(): Promise<number[]> {
  names.zone['good.test'] = 'hangs';
  names.zone['silent-first.test'] = 'fails';
  const scopes = 'api:partner create:orders';
  return Promise.all([ask(broker, 'good.test', scopes), ask(broker, 'silent-first.test', scopes)]);
}

/** An address at which no connection is ever made: the queue of a listener that accepts none is full. */
async function listenInVain(address: string, at: number): Promise<void> {
  const code =
    'import socket,sys\n' +
    's=socket.socket();s.bind((sys.argv[1],int(sys.argv[2])));s.listen(0)\n' +
    'c=socket.create_connection((sys.argv[1],int(sys.argv[2])));print("full",flush=True);sys.stdin.read()';
  const listener = spawn('/usr/bin/python3', ['-c', code, address, String(at)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  atEnd(() => listener.kill('SIGKILL'));
  await once(listener.stdout, 'data');
}
