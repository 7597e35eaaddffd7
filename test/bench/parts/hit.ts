import { DevAuthorizationServer } from '../../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { OwnIssuer } from '../../http/own-issuer.js';
import { someKey } from '#test/broker-process.js';
import { someCertificates } from '#test/certificates.js';
import { RedisServer } from '#test/redis-server.js';
import { type BenchRun, type PartResult, within } from '../bench-run.js';
import { pinSelf } from '../machine/pinning.js';
import { median } from '../machine/statistics.js';
import { saturate, type Target, type Throughput } from '../machine/wrk.js';
import type { Figure } from '../report/figure.js';
import { answerOf, bareServer, bareTlsServer, fastifyWithRedis } from '../servers/bare-servers.js';
import { BenchBroker } from '../servers/broker.js';
import { hitsBesideRelease } from './beside-release.js';
import { nginxCache } from '../servers/nginx-cache.js';
import {
  addressOf,
  clientSecret,
  encryptionKey,
  scopes,
  scopeSet,
  someClient,
  someConsumer,
} from '../servers/some-settings.js';
import { tokenLength } from '../servers/token-source.js';

const address = addressOf(0);

type Name = 'broker' | 'workload' | 'chained' | 'tls' | 'bare' | 'bareTls' | 'nginx' | 'fastify';

/** What is compared with what. */
const pairs = [
  ['broker', 'bare'],
  ['broker', 'nginx'],
  ['broker', 'fastify'],
  ['workload', 'bare'],
  ['chained', 'broker'],
  ['tls', 'bareTls'],
] as const satisfies [Name, Name][];

/** What the two of a pair came to, one right after the other. */
type Turn = readonly [Throughput, Throughput];

/** A token from memory, beside others that answer the same: each pair in turn, again and again. */
export async function hit(run: BenchRun): Promise<PartResult> {
  pinSelf('load');
  const targets = await servers(run);
  const measured = async (name: Name) => {
    const target = targets.get(name)!;
    const throughput = await saturate(target, 1);
    target.server.dropOutput();
    return throughput;
  };
  // Short turns, and many: what else the host has to do comes and goes within seconds.
  const rounds = run.quick ? 1 : 11;
  const turns: Turn[][] = pairs.map(() => []);
  // The first round is for the compiler.
  for (let round = run.quick ? 0 : -1; round < rounds; round++) {
    for (const [n, [one, other]] of pairs.entries()) {
      const turn = [await measured(one), await measured(other)] as const;
      if (round >= 0) turns[n]!.push(turn);
    }
    run.tell(`round ${round + 1} of ${rounds}`);
  }
  const besideRelease = await within(run, hitsBesideRelease);
  return { figures: [...figures(turns), ...besideRelease], details: { pairs, turns } };
}

async function servers(run: BenchRun): Promise<Map<Name, Target>> {
  const server = await DevAuthorizationServer.start({
    clients: [
      {
        clientId: 'bench',
        scopes,
        authentication: { method: 'client_secret_post' },
        secrets: [clientSecret],
      },
    ],
  });
  run.atEnd(() => server.stop());
  server.misbehave({ fields: { access_token: 'not-a-real-token-'.padEnd(tokenLength, 'x') } });
  const issuer = await OwnIssuer.start();
  run.atEnd(() => issuer.stop());
  const redis = await RedisServer.start();
  run.atEnd(() => redis.stop());

  const { key, hash } = someKey();
  const [apiKey, jwt] = [`Bearer ${key}`, `Bearer ${await issuer.jwt('bench', { exp: hourFromNow() })}`];
  const settings = {
    clients: { bench: someClient(server.tokenEndpoint) },
    consumers: {
      bench: { ...someConsumer({ hash }), workload: { issuer: 'own', subject: 'bench' } },
    },
    workloadIssuers: { own: issuer.settings },
  };
  const broker = await BenchBroker.start(run, settings);
  const audit = { chain: true, key: encryptionKey };
  const chained = await BenchBroker.start(run, { ...settings, audit });
  const { server: identity } = await someCertificates();
  const tls = { certificate: identity.cert, key: identity.key };
  const listen = { host: '127.0.0.1', port: 0, tls };
  const secure = await BenchBroker.start(run, { ...settings, listen });
  const url = `${broker.consumers}${address}`;
  const answer = await answerOf(url, apiKey);
  const form = `grant_type=client_credentials&client_id=bench&client_secret=${clientSecret}&scope=${scopeSet(0)}`;
  const { tokenEndpoint } = server;
  const bare = await bareServer(run, answer);
  const bareTls = await bareTlsServer(run, answer, identity);
  const nginx = await nginxCache(run, { tokenEndpoint, form, authorization: apiKey });
  const { port: redisPort } = redis;
  const fastify = await fastifyWithRedis(run, { redisPort, keyHash: hash, body: answer.body });
  const target = (one: typeof bare): Target => ({
    server: one.server,
    url: `${one.url}${address}`,
    authorization: apiKey,
  });
  await answerOf(`${chained.consumers}${address}`, apiKey);
  for (const other of [nginx, fastify]) await answerOf(`${other.url}${address}`, apiKey);
  const ours = { server: broker.process, url };
  return new Map<Name, Target>([
    ['nginx', target(nginx)],
    ['broker', { ...ours, authorization: apiKey }],
    ['chained', { server: chained.process, url: `${chained.consumers}${address}`, authorization: apiKey }],
    ['bare', target(bare)],
    ['workload', { ...ours, authorization: jwt }],
    ['fastify', target(fastify)],
    ['tls', { server: secure.process, url: `${secure.consumers}${address}`, authorization: apiKey }],
    ['bareTls', target(bareTls)],
  ]);
}

function figures([bare, nginx, fastify, workload, chained, tls]: readonly Turn[][]): Figure[] {
  const of = (turns: readonly Turn[], which: 0 | 1, field: keyof Throughput) =>
    median(turns.map((turn) => turn[which][field]));
  const compared = (what: string, turns: readonly Turn[], atLeast: number): Figure[] => [
    {
      what: `${what}, requests per second`,
      value: median(turns.map(([one, other]) => one.rate / other.rate)),
      unit: '×',
      goal: { atLeast },
    },
    {
      what: `${what}, requests per second of CPU`,
      value: median(turns.map(([one, other]) => other.cpu / one.cpu)),
      unit: '×',
    },
  ];
  return [
    { what: 'hit with an API key', value: of(bare!, 0, 'rate'), unit: 'requests/s' },
    { what: 'hit with an API key, CPU', value: of(bare!, 0, 'cpu'), unit: 'µs/request' },
    { what: 'bare node:http, CPU', value: of(bare!, 1, 'cpu'), unit: 'µs/request' },
    ...compared('hit beside bare node:http', bare!, 0.8),
    ...compared('hit beside nginx with proxy_cache', nginx!, 0.65),
    ...compared('hit beside Fastify with a Redis GET', fastify!, 1.2),
    ...compared('hit with a workload JWT beside bare node:http', workload!, 0.75),
    ...compared('hit by TLS beside bare node:https', tls!, 0.75),
    ...compared('hit with a chained audit beside one without', chained!, 0.97),
  ];
}

function hourFromNow(): number {
  return Math.floor(Date.now() / 1_000) + 3_600;
}
