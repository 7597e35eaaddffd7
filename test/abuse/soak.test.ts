import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { minutes } from './effort.js';
import { type Bound, grown, type Sample } from './growth.js';
import { MixedLoad } from './mixed-load.js';
import { SoakedPair } from './soaked-pair.js';

const bounds: Readonly<Record<string, Bound>> = {
  process_resident_memory_bytes: { share: 0.25, few: 8e6 },
  nodejs_heap_size_used_bytes: { share: 0.25, few: 4e6 },
  nodejs_active_resources_total: { share: 0.1, few: 10 },
  process_open_fds: { share: 0.1, few: 10 },
  // A restart empties Redis: how few keys are left then says nothing about those that are left over.
  redis_keys: { share: 0, few: 10, of: 'peaks' },
};

/** What consumers may get: nothing but tokens and refusals of the contract. */
const statuses = new Set(['200', '400', '401', '403', '405', '429', '502', '503']);

it(
  `in ${minutes} min of load, renewals, reloads and faults nothing grows`,
  { timeout: (minutes + 2) * 60_000 },
  async () => {
    const pair = await SoakedPair.start(onTestFinished);
    const { brokers, key } = pair.replicas;
    const load = new MixedLoad(brokers, key);
    onTestFinished(() => load.stop());
    const samples: Sample[] = [];
    const end = performance.now() + minutes * 60_000;
    for (let second = 0; performance.now() < end; second++) {
      if (second % 2 === 0) await pair.faults[(second / 2) % pair.faults.length]!();
      samples.push(await pair.sample(Object.keys(bounds)));
      await sleep(1_000);
    }
    await pair.recovered();
    await load.stop();

    expect(grown(samples, bounds)).toEqual([]);
    expect([...load.outcomes.keys()].filter((one) => !statuses.has(one))).toEqual([]);
    expect(load.outcomes.get('200')!).toBeGreaterThan(2 * (load.outcomes.get('503') ?? 0));
    for (const broker of brokers) {
      expect(broker.output).not.toContain('failed unexpectedly');
      expect(broker.errorOutput).toBe('');
    }
  },
);
