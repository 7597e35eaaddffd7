import { DevAuthorizationServer } from '../../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { OwnIssuer } from '../../http/own-issuer.js';
import { someKey } from '../../support/broker-process.js';
import { RedisServer } from '../../support/redis-server.js';
import { requireWrk } from '../../support/require-wrk.js';
import type { BenchRun, PartResult } from '../bench-run.js';
import { pinSelf } from '../machine/pinning.js';
import { median } from '../machine/statistics.js';
import { saturate, type Target, type Throughput } from '../machine/wrk.js';
import type { Figure } from '../report/figure.js';
import { answerOf, bareServer, fastifyWithRedis } from '../servers/bare-servers.js';
import { BenchBroker } from '../servers/broker.js';
import { nginxCache } from '../servers/nginx-cache.js';
import {
  addressOf,
  clientSecret,
  scopes,
  scopeSet,
  someClient,
  someConsumer,
} from '../servers/some-settings.js';
import { tokenLength } from '../servers/token-source.js';

const address = addressOf(0);

type Name = 'broker' | 'workload' | 'bare' | 'nginx' | 'fastify';

/** A token from memory, beside others that answer the same: all in turn, again and again. */
export async function hit(run: BenchRun): Promise<PartResult> {
  requireWrk();
  pinSelf('load');
  const targets = await servers(run);
  // Short turns, and many: what else the host has to do comes and goes within seconds.
  const [rounds, seconds] = run.quick ? [1, 1] : [21, 1];
  const results = new Map<Name, Throughput[]>();
  // The first round is for the compiler.
  for (let round = run.quick ? 0 : -1; round < rounds; round++) {
    for (const [name, target] of targets) {
      const throughput = await saturate(target, seconds);
      target.server.dropOutput();
      if (round >= 0) results.set(name, [...(results.get(name) ?? []), throughput]);
    }
    run.tell(`round ${round + 1} of ${rounds}`);
  }
  return { figures: figures(results), details: { seconds, results: Object.fromEntries(results) } };
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
  const broker = await BenchBroker.start(run, {
    clients: { bench: someClient(server.tokenEndpoint) },
    consumers: {
      bench: { ...someConsumer({ hash }), workload: { issuer: 'own', subject: 'bench' } },
    },
    workloadIssuers: { own: issuer.settings },
  });
  const url = `${broker.consumers}${address}`;
  const answer = await answerOf(url, apiKey);
  const form = `grant_type=client_credentials&client_id=bench&client_secret=${clientSecret}&scope=${scopeSet(0)}`;
  const { tokenEndpoint } = server;
  const bare = await bareServer(run, answer);
  const nginx = await nginxCache(run, { tokenEndpoint, form, authorization: apiKey });
  const { port: redisPort } = redis;
  const fastify = await fastifyWithRedis(run, { redisPort, keyHash: hash, body: answer.body });
  const target = (one: typeof bare): Target => ({
    server: one.server,
    url: `${one.url}${address}`,
    authorization: apiKey,
  });
  for (const other of [nginx, fastify]) await answerOf(`${other.url}${address}`, apiKey);
  const ours = { server: broker.process, url };
  return new Map<Name, Target>([
    ['nginx', target(nginx)],
    ['broker', { ...ours, authorization: apiKey }],
    ['bare', target(bare)],
    ['workload', { ...ours, authorization: jwt }],
    ['fastify', target(fastify)],
  ]);
}

function figures(results: ReadonlyMap<Name, readonly Throughput[]>): Figure[] {
  const of = (name: Name, field: keyof Throughput) => results.get(name)!.map((one) => one[field]);
  const ratio = (one: Name, other: Name, field: keyof Throughput) => {
    const others = of(other, field);
    return median(of(one, field).map((value, round) => value / others[round]!));
  };
  const compared = (what: string, one: Name, other: Name, atLeast: number): Figure[] => [
    { what: `${what}, requests per second`, value: ratio(one, other, 'rate'), unit: '×', goal: { atLeast } },
    { what: `${what}, requests per second of CPU`, value: ratio(other, one, 'cpu'), unit: '×' },
  ];
  return [
    { what: 'hit with an API key', value: median(of('broker', 'rate')), unit: 'requests/s' },
    { what: 'hit with an API key, CPU', value: median(of('broker', 'cpu')), unit: 'µs/request' },
    ...compared('hit beside bare node:http', 'broker', 'bare', 0.8),
    ...compared('hit beside nginx with proxy_cache', 'broker', 'nginx', 0.65),
    ...compared('hit beside Fastify with a Redis GET', 'broker', 'fastify', 1.2),
    ...compared('hit with a workload JWT beside bare node:http', 'workload', 'bare', 0.75),
  ];
}

function hourFromNow(): number {
  return Math.floor(Date.now() / 1_000) + 3_600;
}
