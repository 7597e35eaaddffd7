import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { RedisMisuse, RedisUnavailable, redisFailure } from './redis-failure.js';

/** As ioredis makes them: with the command that was refused. */
function reply(message: string): Error {
  return Object.assign(new ReplyError(message) as Error, {
    command: { name: 'auth', args: ['not-a-real-secret'] },
  });
}

describe('redisFailure', () => {
  it.each([
    ['READONLY You cannot write against a read only replica.', 'READONLY'],
    ['LOADING Redis is loading the dataset in memory', 'LOADING'],
    ['CLUSTERDOWN The cluster is down', 'CLUSTERDOWN'],
    ["OOM command not allowed when used memory > 'maxmemory'. script: 1, on @user_script:1.", 'OOM'],
    ['MASTERDOWN Link with MASTER is down', 'MASTERDOWN'],
    ['NOREPLICAS Not enough good replicas to write.', 'NOREPLICAS'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
    ['ERR max number of clients reached', 'MAXCLIENTS'],
    ['MOVED 3999 127.0.0.1:6381', 'MOVED'],
    ["CROSSSLOT Keys in request don't hash to the same slot", 'CROSSSLOT'],
    ["ERR unknown command 'EVALSHA', with args beginning with: 'not-a-real-token'", 'UNKNOWN_COMMAND'],
    ['ERR Error running script: @user_script:1: Unknown Redis command called from script', 'UNKNOWN_COMMAND'],
    ['ERR max daily request limit exceeded. Limit: 10000, Usage: 10001.', 'QUOTA'],
    ['ERR DB index is out of range', 'DATABASE'],
    ['ERR Error running script (call to f_0): @user_script:1: -OOM command not allowed', 'OOM'],
  ])('takes "%s" for a Redis that cannot be used', (message, reason) => {
    const failure = redisFailure(reply(message));
    expect(failure).toBeInstanceOf(RedisUnavailable);
    expect(failure.reason).toBe(reason);
  });

  it.each([
    [new Error('Command timed out'), 'timeout'],
    [new Error('Connection is closed.'), 'disconnected'],
    [new Error("Stream isn't writeable and enableOfflineQueue options is false"), 'disconnected'],
    [
      Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
    ['no error at all', 'unknown'],
  ])('takes %s for a Redis that cannot be used: %s', (error, reason) => {
    expect(redisFailure(error)).toMatchObject({ name: 'RedisUnavailable', reason });
  });

  it.each([
    'ERR wrong number of arguments',
    'WRONGTYPE Operation against a key holding the wrong kind of value',
  ])('takes "%s" for a mistake of ours', (message) => {
    expect(redisFailure(reply(message))).toBeInstanceOf(RedisMisuse);
  });

  it('keeps nothing of the command', () => {
    const unknown = reply("ERR unknown command 'AUTHX', with args beginning with: 'not-a-real-secret'");
    for (const error of [unknown, reply('WRONGPASS invalid')]) {
      const failure = redisFailure(error);
      expect(failure.cause).toBeUndefined();
      expect(`${failure.stack} ${JSON.stringify(failure)} ${failure.reason}`).not.toContain('not-a-real');
    }
  });

  it('leaves alone what it has judged before', () => {
    const failure = new RedisUnavailable('timeout');
    expect(redisFailure(failure)).toBe(failure);
  });
});
