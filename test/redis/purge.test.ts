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
    const requestOf = ({ client, scopes, targets }: RequestRecord) =>
      clients.request(client, scopes, targets);
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

  it('leaves what a former credential minted until all replicas have the new one, and finds it', async () => {
    const parts = await redis.parts();
    const [former, clients] = [new ClientDirectory(), new ClientDirectory()];
    former.replace([someClient({ credentials: ['old'] })]);
    const of =
      (directory: ClientDirectory) =>
      ({ client, scopes, targets }: RequestRecord) =>
        directory.request(client, scopes, targets);
    const schedule = new RedisRenewalSchedule(parts, of(clients));
    const scopes = ScopeSet.parse('create:orders');
    const [old, elsewhere] = [
      former.request('rabot', scopes, [])!,
      someClient({ clientId: 'other' }).request(scopes),
    ];
    for (const request of [old, elsewhere]) await schedule.plan(request, parts.clock.now());
    await schedule.flush();
    clients.replace([someClient({ credentials: ['new'] })]);
    const purge = new Purge(parts, of(clients));

    expect(await purge.run(of(former))).toBe(1);
    const succeeded: string[][] = [];
    for await (const one of purge.succeeded(of(former))) succeeded.push([one.former.key, one.current.key]);
    expect(succeeded).toEqual([[old.key, clients.request('rabot', scopes, [])!.key]]);
    expect(await schedule.plannedAt([old, elsewhere])).toEqual([expect.any(Number), undefined]);
    expect(await purge.run()).toBe(1);
  });

  it('fails with Redis, and nothing is lost by it', async () => {
    const parts = await redis.parts();
    await redis.cutOff(parts);
    await expect(new Purge(parts, () => undefined).run()).rejects.toThrow('Redis cannot be used');
  });
});
