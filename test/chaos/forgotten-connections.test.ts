import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { proxyTo, replicaBehind } from '#test/parted-replica.js';
import { runningReplicas } from '#test/replicas.js';

/** Milliseconds from the look at idle connections, and what the heartbeats need. */
const noticed = 4_000;

it.each([1, 2, 3])(
  'a token that all %i replicas are asked for costs one token request after a NAT has forgotten their connections',
  { timeout: 60_000 },
  async (count) => {
    const replicas = await runningReplicas({ count: 0, server: { lifetime: 60 } });
    const { server, key } = replicas;
    const proxy = await proxyTo(replicas);
    const brokers = await Promise.all(Array.from({ length: count }, () => replicaBehind(proxy, replicas)));
    for (const broker of brokers) expect((await broker.get('/token?scopes=a', key)).status).toBe(200);
    expect(server.counts.total).toBe(1);
    proxy.forget();
    await pause(noticed);
    const answers = await Promise.all(brokers.map((broker) => broker.get('/token?scopes=b', key)));
    expect(answers.map(({ status }) => status)).toEqual(brokers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body['access_token'])).size).toBe(1);
    expect(server.counts.byScopeSet['b']).toBe(1);
  },
);
