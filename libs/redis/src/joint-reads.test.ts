import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { JointReads } from './joint-reads.js';

/** A Redis in which each key but `none` holds its own name, and which can be down. */
class SomeRedis {
  readonly commands: string[][] = [];
  isDown = false;

  async mgetBuffer(...keys: unknown[]): Promise<(Buffer | null)[]> {
    const names = keys.flat() as string[];
    this.commands.push(names);
    if (this.isDown) throw new Error('down');
    return names.map((name) => (name === 'none' ? null : Buffer.from(name)));
  }
}

function someReads() {
  const redis = new SomeRedis();
  const reads = new JointReads(redis as never);
  const read = async (slot: string, ...names: string[]) => (await reads.read(slot, names)).map(String);
  return { redis, read };
}

describe('JointReads', () => {
  it('are one command for all who ask in one turn, each of whom gets what it has asked for', async () => {
    const { redis, read } = someReads();
    const asked = [read('x', 'a', 'b'), read('x', 'none', 'a'), read('x', 'c')];
    expect(await Promise.all(asked)).toEqual([['a', 'b'], ['undefined', 'a'], ['c']]);
    expect(redis.commands).toEqual([['a', 'b', 'none', 'c']]);
  });

  it('are a command for each slot, since a Cluster has no other', async () => {
    const { redis, read } = someReads();
    expect(await Promise.all([read('x', 'a'), read('y', 'b')])).toEqual([['a'], ['b']]);
    expect(redis.commands).toEqual([['a'], ['b']]);
  });

  it('see what was written before they were asked for', async () => {
    const { redis, read } = someReads();
    const first = read('x', 'a');
    await nextTurn();
    const later = read('x', 'a');
    await Promise.all([first, later]);
    expect(redis.commands).toEqual([['a'], ['a']]);
  });

  it('fail for all who have asked together, and for nobody after them', async () => {
    const { redis, read } = someReads();
    redis.isDown = true;
    const asked = await Promise.allSettled([read('x', 'a'), read('x', 'b')]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    redis.isDown = false;
    expect(await read('x', 'a')).toEqual(['a']);
  });
});
