import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aclAdvice } from '#redis/connection/server-requirements.js';
import { freePort } from '#test/free-port.js';
import { MovableClock } from '#test/movable-clock.js';
import { client } from '#test/partner.js';
import { RedisServer } from '#test/redis-server.js';
import { runningServer } from '#test/running.js';
import { someStore } from '#test/settings-folder.js';
import { diagnosis, settingsFile } from './doctor-report.js';

const main = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));
const password = 'not-a-real-password';

async function redisServer(settings: Parameters<typeof RedisServer.start>[0] = {}): Promise<RedisServer> {
  const redis = await RedisServer.start(settings);
  onTestFinished(() => redis.stop());
  return redis;
}

/** A server that greets each connection with these bytes and ends it, as Redis in protected mode does. */
async function greeter(reply: string): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => {}).end(reply));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`;
}

async function asUser(...rules: string[]): Promise<string> {
  const redis = await redisServer();
  await redis.command('ACL', 'SETUSER', 'broker', 'on', `>${password}`, ...rules);
  return `redis://broker:${password}@127.0.0.1:${redis.port}/0`;
}

/** Each fault of the environment, and the words that say the way out. */
const faults: [name: string, url: () => Promise<string>, words: RegExp | string][] = [
  [
    'protected mode',
    () => greeter('-DENIED Redis is running in protected mode\r\n'),
    /protected mode.*password/,
  ],
  ['too many clients', () => greeter('-ERR max number of clients reached\r\n'), /raise maxclients/],
  ['nothing listening', async () => `redis://127.0.0.1:${await freePort()}/0`, /nothing listens/],
  ['an ACL user without channels', () => asUser('~*', '+@all', 'resetchannels'), aclAdvice('token-broker')],
  ['an ACL user without a command', () => asUser('~*', '&*', '+@all', '-zadd'), aclAdvice('token-broker')],
  ['an ACL user without its keys', () => asUser('~other:*', '&*', '+@all'), aclAdvice('token-broker')],
  [
    'memory that is full',
    async () => (await redisServer({ directives: { maxmemory: 1 } })).url,
    /memory is full: raise maxmemory/,
  ],
  [
    'a replica instead of the primary',
    async () =>
      (await redisServer({ directives: { replicaof: '127.0.0.1 9', 'replica-read-only': 'yes' } })).url,
    /it is a replica.*address of the primary/,
  ],
  [
    'too few replicas',
    async () => (await redisServer({ directives: { 'min-replicas-to-write': 1 } })).url,
    /too few replicas follow/,
  ],
  [
    'a disk that it cannot save to',
    async () => {
      const redis = await redisServer();
      await redis.command('CONFIG', 'SET', 'save', '3600 1');
      await redis.command('SET', 'some', 'value');
      // To save, it writes a file beside: there is none of it any more.
      redis.removeFolder();
      await redis.command('BGSAVE');
      await expect
        .poll(async () => String(await redis.command('INFO', 'persistence')))
        .toContain('rdb_last_bgsave_status:err');
      return redis.url;
    },
    /could not save to disk: check its log and disk/,
  ],
  [
    'a clock that is behind',
    async () => {
      const clock = new MovableClock(-300);
      onTestFinished(() => clock.remove());
      return (await redisServer({ environment: clock.environment })).url;
    },
    /its clock is (?:299|30\d) s behind/,
  ],
];

describe('the doctor finds of Redis', () => {
  it.each(faults)('%s', async (_, url, words) => {
    const server = await runningServer();
    const file = settingsFile({ rabot: client(server) }, someStore({ url: await url() }));
    const { report } = await diagnosis(file);
    const details = report.redis!.problems.map(({ detail }) => detail);
    expect(details).toHaveLength(1);
    expect(details[0]).toMatch(words);
  });
});

describe('the doctor finds of the machine', () => {
  it('too few open files', async () => {
    const server = await runningServer();
    const file = settingsFile({ rabot: client(server) });
    const command = `ulimit -n 200; exec "${process.execPath}" "${main}" doctor "${file}"`;
    const output = await new Promise<string>((resolve) => {
      execFile('sh', ['-c', command], (_error, stdout) => resolve(stdout));
    });
    expect(output).toMatch(/this machine\n {2}warning: a process may have 200 files open here.*LimitNOFILE/);
  });
});
