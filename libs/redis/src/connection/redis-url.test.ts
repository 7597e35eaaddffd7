import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { parseRedisUrl } from './redis-options.js';

describe('parseRedisUrl', () => {
  it('says where the server is, and how to log in', () => {
    expect(parseRedisUrl(new Secret('rediss://broker:not%2Fa%20secret@redis.example:6380/2'))).toEqual({
      host: 'redis.example',
      port: 6380,
      username: 'broker',
      password: 'not/a secret',
      database: 2,
      tls: true,
    });
  });

  it('assumes port 6379, database 0 and no log-in', () => {
    const plain = { port: 6379, database: 0, tls: false };
    expect(parseRedisUrl('redis://redis.example')).toEqual({ host: 'redis.example', ...plain });
    expect(parseRedisUrl('redis://[::1]/')).toEqual({ host: '::1', ...plain });
    expect(parseRedisUrl('redis://:not-real@redis.example/')).toEqual({
      host: 'redis.example',
      password: 'not-real',
      ...plain,
    });
  });

  it.each([
    'http://redis.example',
    'redis.example:6379',
    'redis:///0',
    'redis://h/database',
    'redis://h/1/2',
    'redis://h/0?tls=true',
    'redis://u:not%zz@h',
  ])('refuses %s, and does not repeat it', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(TypeError);
    expect(() => parseRedisUrl(url)).not.toThrow(url);
  });
});
