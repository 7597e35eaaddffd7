import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { awaitLease, heldBy, leaseOf, someRequest } from '#test/leases.js';
import type { RedisLease } from '#redis/lock/lease.js';
import { timed } from '#test/process-time.js';
import { RedisServer } from '#test/redis-server.js';
import { TcpProxy } from '#test/tcp-proxy.js';
import { until } from '#test/until.js';
import { kept, tidy } from './kept.js';
import { LockHolder } from './lock-holder.js';
import { ReplicaLock } from './some-locks.js';

describe('RedisRenewalLock on one Redis', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = kept(await RedisServer.start());
  });
  afterEach(tidy);

  it('costs two round trips, taken and released, and one when the token was written', async () => {
    const { channel, lock } = kept(await ReplicaLock.start({ url: server.url }));
    channel.close(); // No heartbeats: they are commands too.
    const request = someRequest();
    await (await leaseOf(lock.acquire(request))).release();
    const commands = async (run: () => Promise<void>) => {
      await server.command('CONFIG', 'RESETSTAT');
      await run();
      const counts = Object.entries(await server.commandCounts());
      return Object.fromEntries(counts.filter(([name]) => !name.startsWith('config')));
    };
    const released = await commands(async () => (await leaseOf(lock.acquire(request))).release());
    expect(released).toMatchObject({ evalsha: 2, set: 1, del: 1, publish: 1 });
    const written = await commands(async () => {
      const lease = await leaseOf(lock.acquire(request));
      (lease as RedisLease).markReleased();
      await lease.release();
    });
    expect(written).toMatchObject({ evalsha: 1, set: 1 });
  });

  it('is held for its whole time though this process was too busy to note that it got it', async () => {
    const { lock } = kept(await ReplicaLock.start({ url: server.url }));
    const request = someRequest();
    const other = kept(await ReplicaLock.start({ url: server.url }));
    const asking = lock.acquire(request);
    // It has been asked for, and the answer is not read.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const end = performance.now() + 2_300;
    while (performance.now() < end);
    const lease = await leaseOf(asking);
    expect((await other.lock.acquire(request)).outcome).toBe('held');
    expect(lease.signal?.aborted).toBe(false);
    await lease.release();
  });

  it('answers with an error within 700 ms when Redis is gone or frozen, and at once after that', async () => {
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const { lock } = kept(await ReplicaLock.start({ url: server.url }));
      await server.kill(signal);
      const first = await timed(lock.acquire(someRequest()));
      expect(first.answer.outcome).toBe('error');
      expect(first.took).toBeLessThan(700);
      const second = await timed(lock.acquire(someRequest()));
      expect(second.answer.outcome).toBe('error');
      expect(second.took).toBeLessThan(50);
      await server.restart();
    }
  });

  it('works again after Redis came back, empty', async () => {
    const { lock } = kept(await ReplicaLock.start({ url: server.url }));
    const request = someRequest();
    await leaseOf(lock.acquire(request));
    await server.restart();
    const acquired = async () => (await lock.acquire(request)).outcome === 'acquired';
    await expect(until(acquired, 'the lock works again')).resolves.toBeUndefined();
  });

  it('takes the lease from a holder that is cut off, not before its signal told it so', async () => {
    const proxy = kept(await TcpProxy.start(server.port));
    const cutOff = kept(await ReplicaLock.start({ url: `redis://127.0.0.1:${proxy.port}` }));
    const other = kept(await ReplicaLock.start({ url: server.url }));
    const request = someRequest();
    const lease = await leaseOf(cutOff.lock.acquire(request));
    proxy.blackHole();
    const { answer, took } = await timed(awaitLease(other.lock, request));
    expect(lease.signal?.aborted).toBe(true);
    expect(took).toBeLessThan(3_700);
    expect(answer.generation).toBeGreaterThan(lease.generation);
    proxy.heal();
    await lease.release(new UpstreamFailure('unavailable', 'of no interest any more'));
    expect((await cutOff.lock.acquire(request)).outcome).not.toBe('acquired');
    await answer.release();
  });
});

describe('RedisRenewalLock of a process that ends or stops', () => {
  let server: RedisServer;
  let other: ReplicaLock;
  beforeEach(async () => {
    server = kept(await RedisServer.start());
    other = kept(await ReplicaLock.start({ url: server.url }));
  });
  afterEach(tidy);

  it.each(['SIGKILL', 'SIGSTOP'] as const)('passes to another when its life is over (%s)', async (signal) => {
    const holder = kept(await LockHolder.start(server.url));
    await heldBy(other.lock, holder.request);
    holder.signal(signal);
    const { answer, took } = await timed(awaitLease(other.lock, holder.request));
    expect(took).toBeLessThan(3_700);
    expect(answer.generation).toBeGreaterThan(holder.generation);
    if (signal === 'SIGKILL') return;
    holder.signal('SIGCONT');
    await holder.said('lost');
    expect((await other.lock.acquire(holder.request)).outcome).toBe('held');
  });
});

describe('RedisRenewalLock on three lock nodes', () => {
  let nodes: RedisServer[];
  let one: ReplicaLock;
  let other: ReplicaLock;
  beforeEach(async () => {
    const [server, ...rest] = await Promise.all(
      [1, 2, 3, 4].map(async () => kept(await RedisServer.start())),
    );
    nodes = rest;
    const options = { url: server!.url, lockNodes: nodes.map(({ url }) => url) };
    [one, other] = [kept(await ReplicaLock.start(options)), kept(await ReplicaLock.start(options))];
  });
  afterEach(tidy);

  it.each(['SIGKILL', 'SIGSTOP'] as const)('works while one of them is gone (%s)', async (signal) => {
    await nodes[1]!.kill(signal);
    const request = someRequest();
    const { answer, took } = await timed(leaseOf(one.lock.acquire(request)));
    expect(took).toBeLessThan(240);
    const waiting = await timed(heldBy(other.lock, request));
    expect(waiting.took).toBeLessThan(700);
    const { result: settled } = waiting.answer;
    await answer.release(new UpstreamFailure('unavailable', 'down'));
    expect(await settled).toMatchObject({ message: 'down' });
    await (await leaseOf(other.lock.acquire(request))).release();
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)('is in error when two of them are gone (%s)', async (signal) => {
    await Promise.all([nodes[0]!.kill(signal), nodes[2]!.kill(signal)]);
    const { answer, took } = await timed(one.lock.acquire(someRequest()));
    expect(answer.outcome).toBe('error');
    expect(took).toBeLessThan(700);
  });
});
