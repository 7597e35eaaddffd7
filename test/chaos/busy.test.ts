import { describe, expect, it } from 'vitest';
import type { BrokerProcess } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { runningReplicas, scopeSets } from '#test/replicas.js';

/** A process that computes for so many milliseconds, and does nothing else, whenever it gets SIGUSR2. */
function busyOnSignal(milliseconds: number): NodeJS.ProcessEnv {
  const busy = `const end=performance.now()+${milliseconds};while(performance.now()<end);`;
  const code = `process.on('SIGUSR2',()=>{${busy}})`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
}

/** What this replica has held against Redis: faults of its store and of its lock. */
async function faultsOf(broker: BrokerProcess): Promise<string[]> {
  const exposition = await broker.metrics();
  expect(metricValue(exposition, 'token_broker_store_up')).toBe(1);
  const series =
    /^token_broker_(?:store_errors_total\{.*|lock_acquisitions_total\{outcome="error"\}) [1-9].*$/gm;
  return exposition.match(series) ?? [];
}

describe('three replicas that are too busy to read what Redis answers', () => {
  // Longer than each deadline: of a vote on the lock, of an operation, of the silence on the channel.
  it.each([700, 2_500])('for %d ms do not take it for down, and ask once for each token', async (busy) => {
    const { server, another, key } = await runningReplicas({ count: 0 });
    const brokers = await Promise.all([1, 2, 3].map(() => another(busyOnSignal(busy))));
    let fair = 0;
    for (const scopes of scopeSets(12)) {
      const [begin, before, faults] = [
        performance.now(),
        server.counts.total,
        await Promise.all(brokers.map(faultsOf)),
      ];
      const path = `/token?scopes=${encodeURIComponent(scopes)}`;
      // Each is caught somewhere between the question of the consumer and the answer.
      const replies = brokers.flatMap((broker) => [1, 2, 3].map(() => broker.get(path, key)));
      for (const broker of brokers) broker.signal('SIGUSR2');
      expect(new Set((await Promise.all(replies)).map(({ status }) => status))).toEqual(new Set([200]));
      // Unless the machine took so long that the lock of 3 s expired.
      if (performance.now() - begin > Math.max(busy + 450, 1_500)) continue;
      expect(server.counts.total - before).toBe(1);
      expect(await Promise.all(brokers.map(faultsOf))).toEqual(faults);
      if (++fair === 3) break;
    }
    expect(fair).toBeGreaterThan(0);
  });
});
