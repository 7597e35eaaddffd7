import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { RedisConnections } from '#redis/connection/redis-connections.js';
import type { RedisOptions } from '#redis/connection/redis-options.js';
import { someCertificates } from '#test/certificates.js';
import { startCluster } from '#test/redis-cluster.js';
import { startSentinels } from '#test/redis-sentinels.js';
import { RedisServer } from '#test/redis-server.js';
import { runningReplicas, scopeSets, shortLived } from '#test/replicas.js';
import { SettingsFolder, someSettings, someStore } from '#test/settings-folder.js';
import { until } from '#test/until.js';
import { kept, tidy } from './kept.js';

afterEach(tidy);

const login = { username: 'broker' };
const connectionsOfReplica = 3;

async function opened(options: Omit<RedisOptions, 'keyPrefix'>) {
  const errors: string[] = [];
  const connections = RedisConnections.open({ ...options, keyPrefix: 'p' }, (role, reason) =>
    errors.push(`${role} ${reason}`),
  );
  kept({ stop: () => connections.close() });
  return { connections, errors, isReady: await connections.ready(3_000) };
}

/** A server whose user `broker` has this password. */
async function serverWith(password: string): Promise<RedisServer> {
  const server = kept(await RedisServer.start());
  await server.command('ACL', 'SETUSER', 'broker', 'on', `>${password}`, '~*', '&*', '+@all');
  return server;
}

const authentications = async (server: RedisServer) => (await server.commandCounts())['auth'] ?? 0;

describe('store.redis.password', { timeout: 60_000 }, () => {
  it('rotates under load with renewals: nothing fails, and each connection logs in once', async () => {
    const server = await serverWith('password-0');
    const folder = new SettingsFolder();
    kept({ stop: async () => folder.remove() });
    const file = folder.write('password', 'password-0');
    const redis = { url: server.url, ...login, password: { file } };
    const { brokers, key, server: source } = await runningReplicas({ ...shortLived, count: 2, redis });
    const over = new AbortController();
    const statuses = new Map<number, number>();
    const callers = brokers.flatMap((broker) =>
      scopeSets(6).map(async (scopes) => {
        while (!over.signal.aborted) {
          const { status } = await broker.get(`/token?scopes=${scopes.replaceAll(' ', '+')}`, key);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }),
    );
    const rotations = 6;
    const renewals: number[] = [];
    for (let n = 1; n <= rotations; n++) {
      await server.command('ACL', 'SETUSER', 'broker', `>password-${n}`);
      writeFileSync(file, `password-${n}`);
      const expected = n * brokers.length * connectionsOfReplica;
      await until(async () => (await authentications(server)) >= expected, 'each connection has logged in');
      await server.command('ACL', 'SETUSER', 'broker', `<password-${n - 1}`);
      renewals.push(source.counts.total);
    }
    over.abort();
    await Promise.all(callers);
    expect([...statuses.keys()]).toEqual([200]);
    expect(renewals.at(-1)).toBeGreaterThan(renewals[0]!);
    expect(await authentications(server)).toBe(rotations * brokers.length * connectionsOfReplica);
    const refusals = brokers.flatMap(({ lines }) =>
      lines.filter(({ reason }) => /PASS|AUTH/.test(String(reason))),
    );
    expect(refusals).toEqual([]);

    // The last one is what a lost connection logs in with.
    await server.command('CLIENT', 'KILL', 'USER', 'broker');
    for (const broker of brokers) {
      await until(async () => {
        const answer = await fetch(`${broker.management}/readyz`);
        return JSON.stringify(await answer.json()).includes('"tokens":"in Redis"');
      }, 'it is connected again');
    }
    await until(
      async () =>
        String(await server.command('CLIENT', 'LIST'))
          .split('\n')
          .filter((one) => one.includes('user=broker')).length ===
        brokers.length * connectionsOfReplica,
      'all connections stand again',
    );
  });

  it('is tried again while the server does not know it yet', async () => {
    const server = await serverWith('old');
    const { connections, errors } = await opened({ url: server.url, ...login, password: 'old' });
    connections.logIn({ url: server.url, ...login, password: 'new', keyPrefix: 'p' });
    await until(async () => errors.length >= connectionsOfReplica, 'the server has refused it');
    expect(new Set(errors)).toEqual(
      new Set(['commands WRONGPASS', 'subscriber WRONGPASS', 'lock WRONGPASS']),
    );
    await server.command('ACL', 'SETUSER', 'broker', '>new', '<old');
    const before = await authentications(server);
    await until(async () => (await authentications(server)) > before, 'it is tried again');
    expect(await connections.commands.ping()).toBe('PONG');
  });

  it('reaches the nodes of a Cluster, those included that it learns of later', async () => {
    const cluster = kept(await startCluster());
    for (const node of cluster.servers)
      await node.command('ACL', 'SETUSER', 'broker', 'on', '>old', '~*', '&*', '+@all');
    const location = { cluster: cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port })) };
    const { connections, isReady } = await opened({ ...location, ...login, password: 'old' });
    expect(isReady).toBe(true);
    for (const node of cluster.servers) await node.command('ACL', 'SETUSER', 'broker', '>new', '<old');
    connections.logIn({ ...location, ...login, password: 'new', keyPrefix: 'p' });
    for (const node of cluster.servers) await node.command('CLIENT', 'KILL', 'USER', 'broker');
    await until(async () => (await connections.commands.set('a', '1')) === 'OK', 'it works with the new one');
  });
});

describe('store.redis.sentinelPassword', { timeout: 60_000 }, () => {
  it('is taken when it changes: by connections to come, and by those that report a failover', async () => {
    const group = kept(await startSentinels());
    const onEach = (...command: [string, ...string[]]) =>
      Promise.all(group.sentinels.map((one) => one.command(...command)));
    await onEach('ACL', 'SETUSER', 'broker', 'on', '>old', '~*', '&*', '+@all');
    const sentinel = { name: group.name, nodes: group.nodes, username: 'broker' };
    const { connections, isReady } = await opened({ sentinel: { ...sentinel, password: 'old' } });
    expect(isReady).toBe(true);
    const standing = async () => {
      const lists = (await onEach('CLIENT', 'LIST')).map(String);
      return lists.map(
        (list) => list.split('\n').filter((one) => /cmd=subscribe.* user=broker/.test(one)).length,
      );
    };
    await until(async () => Math.max(...(await standing())) > 0, 'failovers are reported');
    const before = await standing();

    await onEach('ACL', 'SETUSER', 'broker', '>new', '<old');
    connections.logIn({ sentinel: { ...sentinel, password: 'new' }, keyPrefix: 'p' });
    await onEach('CLIENT', 'KILL', 'USER', 'broker');
    await until(async () => String(await standing()) === String(before), 'they stand again');
    await group.servers[0]!.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await until(async () => (await connections.commands.set('a', '1')) === 'OK', 'it is connected again');
  });
});

describe('store.redis.tls', { timeout: 60_000 }, () => {
  it('proves the broker by its certificate, also by one that has changed', async () => {
    const { ca, server: own, client, otherClient } = await someCertificates();
    const certificate = { certificate: client.cert, key: client.key };
    const server = kept(
      await RedisServer.start({
        tls: { ca, ...own },
        client,
        directives: { 'tls-auth-clients': 'yes' },
      }),
    );
    const without = await opened({ url: server.url, ca });
    expect(without.isReady).toBe(false);
    const { connections, isReady } = await opened({ url: server.url, ca, certificate });
    expect(isReady).toBe(true);
    const other = { certificate: otherClient.cert, key: otherClient.key };
    connections.logIn({ url: server.url, ca, certificate: other, keyPrefix: 'p' });
    connections.renew();
    await until(async () => (await connections.commands.set('a', '1')) === 'OK', 'it is connected again');
  });

  it('takes certificate and key together, and a key that fits', async () => {
    const folder = new SettingsFolder();
    kept({ stop: async () => folder.remove() });
    const { ca, client, otherClient } = await someCertificates();
    const faults = (tls: object) =>
      folder.faults({
        ...someSettings({}, {}, someStore({ url: 'rediss://redis', tls })),
      });
    expect(faults({ ca, certificate: client.cert })[0]).toContain('certificate and key together');
    expect(faults({ certificate: client.cert, key: otherClient.key })[0]).toContain(
      'must be the private key of the certificate',
    );
  });
});
