import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ManyCallers } from '../support/many-callers.js';
import { askRaw } from '../support/raw-callers.js';
import type { RedisServer } from '../support/redis-server.js';
import { type Replicas, runningReplicas, scopeSets } from '../support/replicas.js';

// Of a machine that others use, too, the best of several runs counts.
vi.setConfig({ testTimeout: 90_000 });

/** What each replica runs each second for itself, and what the test runs. Hits are noted in batches, at those ticks. */
const housekeeping = new Set(['publish', 'evalsha', 'time', 'zrange', 'zadd', 'info']);

describe('three replicas', () => {
  it('answer three hundred cold callers each within 100 ms of the authorization server', async () => {
    const replicas = await runningReplicas();
    const times: number[] = [];
    for (const scopes of scopeSets(8)) {
      times.push(await timeOfLast(replicas, scopes));
      if (times.length >= 3 && Math.min(...times) < 100) break;
    }
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it('do not wait for a poll when the outcome comes at once', async () => {
    const { server, brokers, key } = await runningReplicas();
    const times: number[] = [];
    for (const scopes of scopeSets(40)) {
      const askedAt = performance.now();
      await Promise.all(
        brokers.map((broker) => broker.get(`/token?scopes=${encodeURIComponent(scopes)}`, key)),
      );
      times.push(performance.now() - askedAt);
    }
    expect(server.counts.total).toBe(40);
    // A poll comes after 400 ms at the earliest. One of forty may be this machine's.
    expect(times.filter((time) => time > 350).length).toBeLessThanOrEqual(1);
  });

  it('answer hits from memory without a command to Redis', async () => {
    const { brokers, key, redis } = await runningReplicas();
    const callers = new ManyCallers();
    onTestFinished(() => callers.close());
    const hit = async (n: number) => {
      const broker = brokers[n % brokers.length]!;
      const { status } = await callers.get(`${broker.consumers}/token?scopes=a`, key).answer;
      expect(status).toBe(200);
    };
    for (let n = 0; n < 30; n++) await hit(n);
    // Until each replica has handed its first demand over.
    await pause(2_500);
    const begin = performance.now();
    const busy = await commandsIn(redis, async () => {
      for (let n = 0; n < 500; n++) await hit(n);
    });
    const length = performance.now() - begin;
    const idle = await commandsIn(redis, () => pause(length));
    expect(Object.keys(busy).filter((name) => !housekeeping.has(name))).toEqual([]);
    // Hits are handed to the schedule with the tick of each second: two commands each, and one tick more or less.
    const ticks = 3 * (Math.ceil(length / 1_000) + 1);
    expect(sum(busy) - sum(idle)).toBeLessThanOrEqual(2 * ticks + 4 * 3);
  });

  it('need at most twelve commands for a renewal by the schedule', async () => {
    const renewal = { at: 0.2, jitter: 0.02, minRemaining: 2 };
    const { server, redis, key, brokers, another } = await runningReplicas({
      count: 1,
      server: { lifetime: 12 },
      client: { renewal },
    });
    // One after the other, so that their ticks differ and each renews what another has renewed before.
    for (let n = 0; n < 2; n++) {
      await pause(350);
      await another();
    }
    const idle = await commandsIn(redis, () => pause(8_000));
    const sets = scopeSets(20);
    for (const scopes of sets) {
      await brokers[0]!.get(`/token?scopes=${encodeURIComponent(scopes)}`, key);
    }
    // Each replica has read once what there is to be renewed.
    await server.waitForRequests(3 * sets.length);
    const costs: number[] = [];
    while (costs.length < 3 && Math.min(...costs) > 12) {
      const before = server.counts.total;
      const busy = await commandsIn(redis, () => pause(8_000));
      const renewals = server.counts.total - before;
      expect(renewals).toBeGreaterThan(sets.length);
      costs.push((sum(busy) - sum(idle)) / renewals);
    }
    expect(Math.min(...costs)).toBeLessThanOrEqual(12);
  });
});

/** Milliseconds from the release of the authorization server's answer to the last of the callers' answers. */
async function timeOfLast({ server, brokers, key }: Replicas, scopes: string): Promise<number> {
  const before = server.counts.total;
  server.hold();
  const asked = await Promise.all(
    brokers.map(({ consumers }) =>
      askRaw(`${consumers}/token?scopes=${encodeURIComponent(scopes)}`, key, 300),
    ),
  );
  await server.waitForRequests(before + 1);
  // What a broker has answered this after, it has taken in.
  for (let n = 0; n < 5; n++) await Promise.all(brokers.map((broker) => broker.metrics()));
  const releasedAt = performance.now();
  server.release();
  const answers = (await Promise.all(asked.map((calls) => calls.answers))).flat();
  expect(answers.filter(({ text }) => !text.startsWith('HTTP/1.1 200 '))).toEqual([]);
  expect(server.counts.total).toBe(before + 1);
  return Math.max(...answers.map(({ at }) => at)) - releasedAt;
}

/** How often each command was run meanwhile, if it was. */
async function commandsIn(redis: RedisServer, act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await redis.commandCounts();
  await act();
  const after = Object.entries(await redis.commandCounts());
  return Object.fromEntries(
    after
      .map(([name, calls]) => [name, calls - (before[name] ?? 0)] as const)
      .filter(([, calls]) => calls > 0),
  );
}

function sum(commands: Record<string, number>): number {
  return Object.values(commands).reduce((total, calls) => total + calls, 0);
}
