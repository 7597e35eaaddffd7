import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ReplicaRegistry } from '#redis/channel/replica-registry.js';
import { SomeRedis, type SomeRedisParts } from './some-redis-parts.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(() => redis.reset());
afterAll(() => redis.stop());

const names = async (roster: ReplicaRegistry) => (await roster.seen()).map(({ name }) => name).toSorted();
const roster = (name: string, parts: SomeRedisParts) => new ReplicaRegistry(name, parts);

describe('the roster of replicas', () => {
  it('tells those of the last 10 s, and for how long each has been silent', async () => {
    const parts = await redis.parts();
    const [one, two] = [roster('one', parts), roster('two', parts)];
    await one.announce();
    parts.clock.advance(8_000);
    await two.announce();
    expect(await one.seen()).toEqual([
      { name: 'one', ago: 8_000 },
      { name: 'two', ago: 0 },
    ]);
    parts.clock.advance(2_001);
    expect(await names(two)).toEqual(['two']);
  });

  it('forgets one that leaves at once, and others after an hour', async () => {
    const parts = await redis.parts();
    const [one, two, three] = [roster('one', parts), roster('two', parts), roster('three', parts)];
    await one.announce();
    await two.announce();
    await two.close();
    expect(await names(one)).toEqual(['one']);
    parts.clock.advance(3_600_001);
    three.open();
    await expect.poll(() => parts.redis.zrange(parts.keys.replicas, '0', '-1')).toEqual(['three']);
    await three.close();
  });
});
