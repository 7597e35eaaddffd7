import { fc } from '#test/property.js';
import { expect, it } from 'vitest';
import { SlidingWindowCounter } from './memory-token-request-budget.js';

it('a sliding window counts, and returns the wait, as a list of all instants would', () => {
  const steps = fc.array(fc.nat(9_000), { maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), (pauses, limit) => {
      const lastMinute = new SlidingWindowCounter();
      const all: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        const left = all.filter((at) => at > now - 60_000);
        expect(lastMinute.count(now)).toBe(left.length);
        const next = lastMinute.waitFor(limit, now);
        const leftAfter = (wait: number) => left.filter((at) => at > now + wait - 60_000).length;
        expect(leftAfter(next)).toBeLessThan(limit);
        // More than that where several came at one instant.
        expect(next === 0 || leftAfter(next - 1) >= limit).toBe(true);
        lastMinute.add(now);
        all.push(now);
      }
    }),
  );
});
