import { describe, expect, it } from 'vitest';
import { RedisServer } from '#test/redis-server.js';
import { RefusingRedis } from '#test/refusing-redis.js';
import { runningReplicas } from '#test/replicas.js';
import { until } from '#test/until.js';
import { toolRun } from '../tool/tool-run.js';

const storeOf = async (management: string) =>
  ((await (await fetch(`${management}/readyz`)).json()) as { parts: { tokens: string } }).parts.tokens;

const [down, degraded] = ['in memory, Redis is down', 'in Redis, which refuses writes'];

/** By the error that Redis answers with: how the broker names its state, and what its operator is to do. */
const states: [error: string, state: string, advice: RegExp][] = [
  ['LOADING Redis is loading the dataset in memory', down, /still loading/],
  ['NOAUTH Authentication required.', down, /refuses the log-in/],
  ['MOVED 3999 127.0.0.1:6381', down, /store\.redis\.cluster/],
  ['ASK 3999 127.0.0.1:6381', down, /store\.redis\.cluster/],
  ['BUSY Redis is busy running a script.', down, /SCRIPT KILL/],
  ['ERR max daily request limit exceeded. Limit: 10000, Usage: 10001', down, /plan is used up/],
  ["READONLY You can't write against a read only replica.", degraded, /address of the primary/],
  ["OOM command not allowed when used memory > 'maxmemory'.", degraded, /maxmemory/],
  ["ERR unknown command 'EVALSHA', with args beginning with:", degraded, /lacks a command/],
];

describe.concurrent('a Redis that answers commands of a running broker with an error', () => {
  it.for(states)('%s', { timeout: 120_000 }, async ([error, state, advice], { expect: expects, ...test }) => {
    const redis = await RedisServer.start();
    const front = await RefusingRedis.start(redis.port);
    test.onTestFinished(async () => {
      await front.stop();
      await redis.stop();
    });
    const store = { url: `redis://127.0.0.1:${front.port}/0` };
    const { brokers, key } = await runningReplicas({ count: 1, redis: store }, test.onTestFinished);
    const [broker] = brokers as [(typeof brokers)[0]];
    const statusOf = async (scopes: string) => (await broker.get(`/token?scopes=${scopes}`, key)).status;
    expects(await statusOf('a')).toBe(200);

    front.refuse(error);
    await until(async () => (await storeOf(broker.management)) === state, `it is ${state}`);
    expects([await statusOf('a'), await statusOf('b')]).toEqual([200, 200]);
    const line = await broker.logged(({ msg }) => /^Redis (?:is down|refuses)/.test(String(msg)));
    // A busy machine may miss a deadline before it reads the first error.
    expects(line['advice']).toMatch(new RegExp(`${advice.source}|respond in time`));
    const { status, stdout } = await toolRun(['doctor', `${broker.folder}/settings.yaml`]);
    expects(stdout.split('\n').filter((text) => text.includes('FAULT:'))).toEqual([
      expect.stringMatching(advice),
    ]);
    expects(status).toBe(1);

    front.heal();
    await until(async () => (await storeOf(broker.management)) === 'in Redis', 'it is in use again');
    expects(await statusOf('c')).toBe(200);
    await until(async () => Number(await redis.command('DBSIZE')) >= 3, 'tokens are shared again');
    expects(broker.errorOutput).toBe('');
  });
});

describe('a Redis that becomes a replica', () => {
  it('refuses writes, which is no outage, and is in use when it is a primary again', async () => {
    const { brokers, key, redis, server } = await runningReplicas({ count: 2 });
    const [broker, other] = brokers as [(typeof brokers)[0], (typeof brokers)[0]];
    await broker.get('/token?scopes=a', key);
    await redis.command('REPLICAOF', '127.0.0.1', 1);
    await until(async () => (await storeOf(broker.management)) === degraded, 'it is degraded');
    expect((await other.get('/token?scopes=a', key)).status).toBe(200);
    expect(server.counts.total).toBe(1);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await until(async () => (await storeOf(broker.management)) === 'in Redis', 'it works again');
    await broker.logged(({ msg }) => msg === 'Redis is back');
    const said = broker.lines.filter(({ msg }) => String(msg).startsWith('Redis'));
    expect(said.map(({ reason }) => reason)).toEqual(['READONLY', undefined]);
  });
});

describe('a Redis that gets another password', () => {
  it('is said to refuse the log-in, and is in use again when the password is right', async () => {
    const { brokers, redis } = await runningReplicas({ count: 1 });
    const [broker] = brokers as [(typeof brokers)[0]];
    await redis.command('CONFIG', 'SET', 'requirepass', 'not-a-real-password');
    await redis.command('CLIENT', 'KILL', 'SKIPME', 'yes', 'TYPE', 'normal');
    const line = await broker.logged(({ reason }) => reason === 'NOAUTH');
    expect(line).toMatchObject({ level: 'warn', advice: expect.stringMatching(/refuses the log-in/) });
    await redis.command('CONFIG', 'SET', 'requirepass', '');
    await until(async () => (await storeOf(broker.management)) === 'in Redis', 'it works again');
  });
});
