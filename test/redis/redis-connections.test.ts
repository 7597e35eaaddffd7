import { once } from 'node:events';
import { getDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import type { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { timed } from '#test/process-time.js';
import { RedisConnections } from '#redis/connection/redis-connections.js';
import type { RedisOptions } from '#redis/connection/redis-options.js';
import { Secret } from '#tokens/model/secret.js';
import { someCertificates } from '#test/certificates.js';
import { freePort } from '#test/free-port.js';
import { startCluster } from '#test/redis-cluster.js';
import { startSentinels } from '#test/redis-sentinels.js';
import { RedisServer } from '#test/redis-server.js';
import { TcpProxy } from '#test/tcp-proxy.js';
import { until } from '#test/until.js';
import { kept, tidy } from './kept.js';

afterEach(tidy);

function opened(options: Omit<RedisOptions, 'keyPrefix'>) {
  const errors: string[] = [];
  const connections = RedisConnections.open({ ...options, keyPrefix: 'p' }, (role, reason) =>
    errors.push(`${role} ${reason}`),
  );
  kept({ stop: () => connections.close() });
  return { connections, errors };
}

const works = async ({ commands }: RedisConnections) => (await commands.set('key', 'value')) === 'OK';

describe('RedisConnections', () => {
  it('log in over TLS, and refuse a server that the authority does not vouch for', async () => {
    const { ca, server: tls } = await someCertificates();
    const other = await someCertificates();
    const password = 'not-a-real-secret';
    const server = kept(await RedisServer.start({ password, tls: { ca, ...tls } }));
    const { connections } = opened({ url: new Secret(server.url), ca });
    expect(await connections.ready(3_000)).toBe(true);
    expect(await works(connections)).toBe(true);

    const astray = opened({ url: server.url, ca: other.ca });
    expect(await astray.connections.ready(300)).toBe(false);
    expect(astray.errors[0]).toMatch(/CERT|SELF_SIGNED|UNABLE/);
  });

  it('say why they fail without a word of the password', async () => {
    const server = kept(await RedisServer.start({ password: 'not-a-real-secret' }));
    const { connections, errors } = opened({ url: server.url.replace('a-real', 'the-right') });
    expect(await connections.ready(300)).toBe(false);
    expect(new Set(errors)).toEqual(
      new Set(['commands', 'subscriber', 'lock'].map((role) => `${role} WRONGPASS`)),
    );
  });

  it('open while Redis is away, fail at once, and work when it comes', async () => {
    const port = await freePort();
    const { connections, errors } = opened({ url: `redis://127.0.0.1:${port}` });
    const { promise: heard, resolve } = Promise.withResolvers<string[]>();
    connections.subscriber.on('message', (...message) => resolve(message));
    void connections.subscriber.subscribe('channel');
    expect(await connections.ready(100)).toBe(false);
    const { answer, took } = await timed(connections.commands.get('key').catch(String));
    expect(answer).toContain('enableOfflineQueue');
    expect(took).toBeLessThan(100);
    expect(errors).toContain('commands ECONNREFUSED');

    kept(await RedisServer.start({ port }));
    expect(await connections.ready(3_000)).toBe(true);
    await until(async () => (await connections.commands.publish('channel', 'message')) === 1, 'it listens');
    expect(await heard).toEqual(['channel', 'message']);
  });

  it('leave connections on which nothing comes back any more, when told so', async () => {
    const server = kept(await RedisServer.start());
    const proxy = kept(await TcpProxy.start(server.port));
    const { connections } = opened({ url: `redis://127.0.0.1:${proxy.port}` });
    await connections.ready(3_000);
    proxy.blackHole();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    connections.commands.once('close', () => resolve());
    const unanswered = connections.commands.get('key');
    unanswered.catch(() => {});
    connections.renew();
    await closed;
    await expect(unanswered).rejects.toThrow(/max retries|writeable/);
    proxy.heal();
    await until(() => works(connections), 'it works again');
  });

  it.each([
    ['one server', false],
    ['lock nodes of their own', true],
  ])(
    'that a NAT has forgotten while they were idle are made anew before they are used: %s',
    async (_, hasLockNodes) => {
      const server = kept(await RedisServer.start());
      const proxy = kept(await TcpProxy.start(server.port));
      const url = `redis://127.0.0.1:${proxy.port}`;
      const { connections } = opened({ url, ...(hasLockNodes && { lockNodes: [url] }) });
      await connections.ready(3_000);
      connections.keepChecked();
      const [lock] = connections.lockNodes;
      const renewed = once(lock!, 'close').then(() => once(lock!, 'ready'));
      proxy.forget();
      await renewed;
      expect(await lock!.set('key', 'value', 'PX', 1_000, 'NX')).toBe('OK');
    },
  );

  it('ask by TCP keep-alive, and give each address of a host twice the time of Node.js', async () => {
    const server = kept(await RedisServer.start());
    const { connections } = opened({ url: server.url });
    await connections.ready(3_000);
    const { keepAlive, connectTimeout } = (connections.commands as Redis).options;
    expect(keepAlive).toBeLessThanOrEqual(30_000);
    expect(getDefaultAutoSelectFamilyAttemptTimeout()).toBe(500);
    expect(connectTimeout).toBeGreaterThanOrEqual(2 * 500);
  });

  it('follow the primary that Sentinels elect', async () => {
    const group = kept(await startSentinels());
    const { connections } = opened({ sentinel: { name: group.name, nodes: group.nodes } });
    expect(await connections.ready(3_000)).toBe(true);
    expect(await works(connections)).toBe(true);
    const before = await group.primaryPort();
    await group.servers[0]!.kill('SIGKILL');
    await until(() => works(connections), 'a replica was promoted');
    expect(await group.primaryPort()).not.toBe(before);
  });

  it('follow a Cluster whose primaries fail over', async () => {
    const cluster = kept(await startCluster(1));
    const { connections } = opened({ cluster: cluster.nodes.slice(0, 2) });
    expect(await connections.ready(3_000)).toBe(true);
    const keys = ['{a}', '{b}', '{c}', '{d}'];
    const all = async () => {
      const answers = await Promise.all(keys.map((key) => connections.commands.set(key, 'value')));
      return answers.every((answer) => answer === 'OK');
    };
    expect(await all()).toBe(true);
    await cluster.servers[0]!.kill('SIGKILL');
    await until(all, 'a replica was promoted');
  });

  it('hear what is published in a Cluster, also after the node is lost that they listened to', async () => {
    const cluster = kept(await startCluster());
    const { connections } = opened({ cluster: cluster.nodes });
    expect(await connections.ready(10_000)).toBe(true);
    const { commands, subscriber } = connections;
    const heard: string[] = [];
    subscriber.on('message', (_channel, message: string) => heard.push(message));
    await subscriber.subscribe('channel');
    const hears = (what: string) =>
      until(async () => {
        await commands.publish('channel', what);
        return heard.includes(what);
      }, `it hears ${what}`);
    await hears('the first');
    const node = cluster.servers.find(({ port }) => port === subscriber.options.port)!;
    await node.kill('SIGKILL');
    await hears('the second');
    expect(subscriber.options.port).not.toBe(node.port);
  });

  it('are opened anew when a node of a Cluster is frozen, and listen to another', async () => {
    const cluster = kept(await startCluster());
    const { connections } = opened({ cluster: cluster.nodes });
    expect(await connections.ready(10_000)).toBe(true);
    const { subscriber } = connections;
    const node = cluster.servers.find(({ port }) => port === subscriber.options.port)!;
    await node.kill('SIGSTOP');
    connections.renew();
    await until(
      async () => subscriber.status === 'ready' && subscriber.options.port !== node.port,
      'it listens to another node',
    );
  });

  it('end, whatever state they are in', async () => {
    const server = kept(await RedisServer.start());
    const { connections } = opened({ url: server.url });
    await connections.ready(3_000);
    await server.kill('SIGSTOP');
    await connections.close();
    await expect(connections.commands.get('key')).rejects.toThrow('closed');
    const nowhere = opened({ cluster: [{ host: '127.0.0.1', port: await freePort() }] });
    await nowhere.connections.close();
  });
});
