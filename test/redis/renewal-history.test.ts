import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisRenewalHistory, ResilientRenewalHistory } from '#redis/history/redis-renewal-history.js';
import { MemoryRenewalHistory } from '#tokens/memory/memory-renewal-history.js';
import { periodOf, periodsKept } from '#tokens/ports/renewal-history.js';
import { describeRenewalHistory } from '../contracts/renewal-history.contract.js';
import { SomeRedis } from './some-redis-parts.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(() => redis.reset());
afterAll(() => redis.stop());

describeRenewalHistory('RedisRenewalHistory', async () => {
  const parts = await redis.parts();
  return { history: new RedisRenewalHistory(parts), clock: parts.clock };
});

describe('RedisRenewalHistory', () => {
  it('takes one command to add, and keeps at most one kilobyte that expires', async () => {
    const parts = await redis.parts();
    const history = new RedisRenewalHistory(parts);
    const now = periodOf(parts.clock.wallTime());
    const day = Array.from({ length: periodsKept + 5 }, (_, n) => ({
      id: 'a',
      period: now - n,
      renewed: 100_000,
      failed: 100_000,
    }));
    await history.add(day);
    expect((await redis.cost(() => history.add(day)))['evalsha']).toBe(1);
    const [key] = await redis.server.client.keys('*');
    expect(key).toBe(parts.keys.history('a'));
    expect(await redis.server.client.strlen(key!)).toBeLessThanOrEqual(1_024);
    expect(await redis.server.client.ttl(key!)).toBeGreaterThan(24 * 3_600);
    expect((await history.of(['a']))[0]).toHaveLength(periodsKept);
  });

  it.each(['not a history', '1:2', '99999999999999999:1:1', `${'9'.repeat(500)}:1:1 `.repeat(1_000)])(
    'reads and replaces what no replica has written: %.30s',
    async (text) => {
      const parts = await redis.parts();
      const history = new RedisRenewalHistory(parts);
      await redis.server.client.set(parts.keys.history('a'), text);
      expect(await history.of(['a'])).toEqual([[]]);
      const period = periodOf(parts.clock.wallTime());
      await history.add([{ id: 'a', period, renewed: 1, failed: 0 }]);
      expect(await history.of(['a'])).toEqual([[{ period, renewed: 1, failed: 0 }]]);
    },
  );
});

describe('ResilientRenewalHistory', () => {
  it('shows what this replica did while Redis is away, and adds it to Redis afterwards', async () => {
    const parts = await redis.parts();
    const failed: string[] = [];
    const shared = new RedisRenewalHistory(parts);
    const own = new MemoryRenewalHistory(parts.clock);
    const history = new ResilientRenewalHistory(shared, own, (operation) => failed.push(operation));
    const period = periodOf(parts.clock.wallTime());
    const renewed = { id: 'a', period, renewed: 1, failed: 0 };
    const other = await redis.parts();
    await new RedisRenewalHistory(other).add([renewed]);
    await redis.cutOff(parts);
    await history.add([renewed]);
    await history.add([{ ...renewed, renewed: 0, failed: 4 }]);
    expect(await history.of(['a'])).toEqual([[{ period, renewed: 1, failed: 4 }]]);
    expect(failed).toEqual(['add_history', 'add_history', 'read_history']);
    await parts.redis.connect();
    parts.clock.advance(60_000);
    await history.add([]);
    expect(await history.of(['a'])).toEqual([[{ period, renewed: 2, failed: 4 }]]);
  });
});
