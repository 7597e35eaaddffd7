import type { AtEnd } from '#test/at-end.js';
import { readFileSync } from 'node:fs';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { clientSecret } from '#test/partner.js';
import { PrometheusServer } from '#test/prometheus-server.js';
import { RedisServer } from '#test/redis-server.js';
import { type Replicas, manyScopes, runningReplicas, scopeSets } from '#test/replicas.js';
import { runningServer } from '#test/running.js';
import { folder } from './rule-files.js';
import { inScaledTime } from './scaled-time.js';

/** Each gets a fault of its own, but the first. */
export const clients = [
  'steady',
  'down',
  'throttled',
  'refused',
  'greedy',
  'rotating',
  'changed',
  'skewed',
] as const;

/** Seconds that tokens live: they are renewed after some 11 s. */
const lifetime = 24;

export interface LiveScene extends Replicas {
  prometheus: PrometheusServer;
  /** The API key of one more consumer. */
  otherKey: string;
  /** Independent servers that vote on the lock. */
  lockNodes: RedisServer[];
  /** Puts other settings in force on all replicas: fields by client. */
  change(fields: Readonly<Partial<Record<(typeof clients)[number], object>>>): void;
  /** Has Prometheus scrape one more broker, under a job of its own. */
  watchAlso(broker: BrokerProcess, job: string): void;
}

/** Three replicas on one Redis, and a Prometheus that watches them by rules where a day takes half a minute. */
export async function liveScene(atEnd: AtEnd): Promise<LiveScene> {
  const lockNodes = await Promise.all([1, 2, 3].map(() => RedisServer.start()));
  for (const node of lockNodes) atEnd(() => node.stop());
  const [redis, one, other] = [await RedisServer.start(), someKey(), someKey()];
  atEnd(() => redis.stop());
  const server = await runningServer({ lifetime, clients: clients.map(registration) }, atEnd);
  const settings = (fields: Readonly<Record<string, object>> = {}) => ({
    clients: Object.fromEntries(clients.map((name) => [name, { ...client(name, server), ...fields[name] }])),
    consumers: { 'order-service': consumer(one.hash), 'finance-report': consumer(other.hash) },
  });
  const places = { url: redis.url, lockNodes: lockNodes.map(({ url }) => url) };
  const replicas = await runningReplicas({ redis: places, settings: settings() }, atEnd);
  const prometheus = await watchingPrometheus(atEnd);
  const own = { targets: replicas.brokers.map(target) };
  prometheus.scrape([own]);
  return {
    ...replicas,
    server,
    redis,
    lockNodes,
    prometheus,
    key: one.key,
    otherKey: other.key,
    change(fields) {
      for (const broker of replicas.brokers) broker.rewrite({ ...replicas.settings, ...settings(fields) });
    },
    watchAlso: (broker, job) => prometheus.scrape([own, { targets: [target(broker)], labels: { job } }]),
  };
}

function watchingPrometheus(atEnd: AtEnd): Promise<PrometheusServer> {
  const rules = ['rules.yaml', 'alerts.yaml'].map((name) => [
    name,
    inScaledTime(readFileSync(`${folder}${name}`, 'utf8')),
  ]);
  return PrometheusServer.start({ rules: Object.fromEntries(rules), interval: '1s' }, atEnd);
}

/** `host:port` of the operators' side. */
export function target(broker: BrokerProcess): string {
  return new URL(broker.management).host;
}

/** A broker with more renewals due than it starts at once, whose authorization server does not answer for now. */
export async function busyBroker(atEnd: AtEnd) {
  const names = [...manyScopes, 'g'];
  const server = await runningServer({ clients: [{ ...registration('busy'), scopes: names }] }, atEnd);
  server.hold();
  const preload = scopeSets(63).map((set) => set.split(' '));
  const more = preload.slice(0, 20).map((set) => [...set, 'g']);
  const fields = { scopes: names, timeout: 60, preload: [...preload, ...more] };
  const settings = {
    clients: { busy: { ...client('busy', server), ...fields } },
    consumers: { idle: { keys: [someKey().hash], allow: [{ client: 'busy', scopes: names }] } },
  };
  return { server, broker: await BrokerProcess.start(settings, { atEnd }) };
}

function registration(clientId: string) {
  const authentication = { method: 'client_secret_post' } as const;
  return { clientId, scopes: manyScopes, authentication, secrets: [clientSecret] };
}

function client(name: string, { tokenEndpoint }: { tokenEndpoint: string }): object {
  return {
    tokenEndpoint,
    clientId: name,
    clientSecret,
    clientAuthentication: 'client_secret_post',
    scopes: manyScopes,
    maxTokenRequestsPerMinute: name === 'greedy' ? 8 : 100_000,
  };
}

function consumer(hash: string): object {
  return { keys: [hash], allow: clients.map((name) => ({ client: name, scopes: manyScopes })) };
}
