import type { BenchRun } from '../bench-run.js';
import { askAll } from '../machine/ask-all.js';
import { MemoryProbe } from '../machine/memory-probe.js';
import type { Figure } from '../report/figure.js';
import type { BenchBroker } from '../servers/broker.js';
import type { Fleet } from '../servers/fleet.js';
import { addressOf } from '../servers/some-settings.js';
import { tokenLength } from '../servers/token-source.js';

/** Bytes that Redis takes for each token put, and for all that is noted about it, beyond the token itself. */
export async function redisMemory(fleet: Fleet, count: number, put: () => Promise<void>): Promise<Figure> {
  const before = await usedMemory(fleet);
  await put();
  const value = ((await usedMemory(fleet)) - before) / count - tokenLength;
  return { what: 'memory of Redis beyond the token itself', value, unit: 'B', goal: { atMost: 600 } };
}

/** Bytes that a replica takes for each token that it has been asked for, beyond the token itself. */
export async function processMemory(
  run: BenchRun,
  fleet: Fleet,
  count: number,
): Promise<[Figure, BenchBroker]> {
  const probe = new MemoryProbe(run);
  const replica = await fleet.another(run, probe.options);
  const authorization = `Bearer ${fleet.key.key}`;
  const questions = Array.from({ length: count }, (_, n) => ({ path: addressOf(n), authorization }));
  // More than those of which a replica remembers something besides the token.
  const [first, rest] = [questions.slice(0, count / 5), questions.slice(count / 5)];
  await askAll(replica.consumers, first);
  const before = await probe.inUse(replica.process);
  await askAll(replica.consumers, rest);
  const value = ((await probe.inUse(replica.process)) - before) / rest.length - tokenLength;
  run.tell(`${count} tokens are in a replica`);
  const what = 'memory of a replica beyond the token itself';
  return [{ what, value, unit: 'B', goal: { atMost: 1_024 } }, replica];
}

/** Milliseconds that a replica with so many tokens takes to tell its metrics. */
export async function scrape({ management }: BenchBroker, count: number): Promise<Figure> {
  const begin = performance.now();
  await (await fetch(`${management}/metrics`)).text();
  const value = performance.now() - begin;
  return { what: `/metrics of a replica that holds ${count.toLocaleString('en')} tokens`, value, unit: 'ms' };
}

async function usedMemory({ redis }: Fleet): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory')))?.[1]);
}
