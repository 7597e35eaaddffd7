import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Purge } from '#redis/tokens/purge.js';
import { RedisRenewalSchedule } from '#redis/schedule/redis-renewal-schedule.js';
import type { RequestRecord } from '#redis/schedule/request-record.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { SomeRedis } from './some-redis-parts.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterAll(() => redis.stop());

describe('the purge', () => {
  it('removes what an old credential minted, and leaves the rest', async () => {
    const parts = await redis.parts();
    const clients = new ClientDirectory();
    const requestOf = ({ client, scopes, resources }: RequestRecord) =>
      clients.request(client, scopes, resources);
    const schedule = new RedisRenewalSchedule(parts, requestOf);
    const old = someClient({ credentials: ['old'] });
    const elsewhere = someClient({ name: 'of-another-replica' });
    const requests = [old, someClient({ credentials: ['new'] }), elsewhere].map((client) =>
      client.request(ScopeSet.parse('api:partner')),
    );
    for (const request of requests) {
      await schedule.plan(request, parts.clock.now());
      await parts.redis.set(parts.keys.token(request.key), 'sealed');
    }
    await schedule.flush();

    clients.replace([someClient({ credentials: ['new'] })]);
    expect(await new Purge(parts, requestOf).run()).toBe(1);

    const kept = await Promise.all(requests.map(({ key }) => parts.redis.exists(parts.keys.token(key))));
    expect(kept).toEqual([0, 1, 1]);
    expect(await schedule.plannedAt(requests)).toEqual([undefined, expect.any(Number), expect.any(Number)]);
  });

  it('fails with Redis, and nothing is lost by it', async () => {
    const parts = await redis.parts();
    await redis.cutOff(parts);
    await expect(new Purge(parts, () => undefined).run()).rejects.toThrow('Redis cannot be used');
  });
});
