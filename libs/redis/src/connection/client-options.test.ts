import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { clusterOptions, locationOptions, sentinelOptions } from './client-options.js';

const login = { username: 'broker', password: new Secret('not-a-real-secret') };
const revealed = { username: 'broker', password: 'not-a-real-secret' };
const ca = 'PEM of an authority';

describe('the options of ioredis', () => {
  it('let no command wait for a connection or be sent twice', () => {
    const location = { host: 'redis.example', port: 6379, database: 0, tls: false };
    const strict = {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    };
    expect(locationOptions(location, 'commands', {})).toMatchObject(strict);
    expect(locationOptions(location, 'lock', {})).toMatchObject(strict);
    expect(clusterOptions({ keyPrefix: 'p' }, 'lock')).toMatchObject({
      enableOfflineQueue: false,
      redisOptions: { maxRetriesPerRequest: 0 },
    });
  });

  it('prove the broker by its certificate, where it has one', () => {
    const certificate = { certificate: 'PEM of a certificate', key: new Secret('PEM of a key') };
    const location = { host: 'redis.example', port: 6379, database: 0, tls: true };
    expect(locationOptions(location, 'commands', { ca, certificate })).toMatchObject({
      tls: { ca, cert: 'PEM of a certificate', key: 'PEM of a key' },
    });
  });

  it('carry log-in, TLS and authority to a Cluster', () => {
    const options = { keyPrefix: 'p', ...login, tls: true, ca };
    expect(clusterOptions(options, 'commands').redisOptions).toMatchObject({ ...revealed, tls: { ca } });
    expect(clusterOptions({ keyPrefix: 'p' }, 'commands').redisOptions).not.toHaveProperty('tls');
  });

  it('carry log-in, TLS and authority to the servers and to the Sentinels, each their own', () => {
    const sentinel = {
      name: 'tokens',
      nodes: [{ host: 's', port: 26379 }],
      username: 'watcher',
      password: 'not-real-either',
    };
    const options = { keyPrefix: 'p', ...login, tls: true, ca, database: 3, sentinel };
    expect(sentinelOptions(options, sentinel, 'commands')).toMatchObject({
      ...revealed,
      db: 3,
      name: 'tokens',
      sentinels: sentinel.nodes,
      sentinelUsername: 'watcher',
      sentinelPassword: 'not-real-either',
      tls: { ca },
      sentinelTLS: { ca },
      enableTLSForSentinelMode: true,
    });
  });

  it('try to connect again soon, and never wait for more than half a second', () => {
    const { retryStrategy } = locationOptions({ host: 'h', port: 1, database: 0, tls: false }, 'lock', {});
    expect([1, 2, 100].map((attempt) => retryStrategy?.(attempt))).toEqual([50, 100, 500]);
  });
});
