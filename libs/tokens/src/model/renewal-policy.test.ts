import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { RenewalPolicy } from './renewal-policy.js';

const usual = { at: 0.8, jitter: 0.05, minRemaining: 60_000, idleAfter: 3_600_000 };

describe('RenewalPolicy', () => {
  it('renews at 0.8 of the lifetime, moved by up to 0.05 of it', () => {
    const policy = new RenewalPolicy(usual);
    expect(policy.renewAfter(3_600_000, () => 0.5)).toBe(2_880_000);
    expect(policy.renewAfter(3_600_000, () => 0)).toBe(2_700_000);
    expect(policy.renewAfter(3_600_000, () => 1)).toBe(3_060_000);
  });

  it('renews at least minRemaining before the end', () => {
    const policy = new RenewalPolicy({ ...usual, minRemaining: 1_200_000 });
    expect(policy.renewAfter(3_600_000, () => 1)).toBe(2_395_000);
  });

  it('renews earlier when the answer says so by refresh_in', () => {
    const policy = new RenewalPolicy(usual);
    expect(policy.renewAfter(3_600_000, () => 0.5, 600_000)).toBe(600_000);
    expect(policy.renewAfter(3_600_000, () => 0.5, 9_999_000)).toBe(2_880_000);
  });

  it('makes no tight loop of a refresh_in of nothing', () => {
    expect(new RenewalPolicy(usual).renewAfter(3_600_000, () => 0.5, 0)).toBe(360_000);
  });

  it('shrinks its margins to half of a short life', () => {
    const policy = new RenewalPolicy(usual);
    expect(policy.margin(20_000)).toBe(7_500);
    expect(policy.renewAfter(20_000, () => 1)).toBe(10_000);
  });

  it('renews some seconds before consumers would have to wait for it', () => {
    const policy = new RenewalPolicy({ ...usual, at: 0.95 });
    for (const lifetime of [12_000, 300_000, 3_600_000]) {
      const latest = lifetime - policy.margin(lifetime);
      expect(latest - policy.renewAfter(lifetime, () => 1)).toBeGreaterThanOrEqual(1_500);
    }
  });

  it('always renews inside the lifetime, and before the margin of the end', () => {
    const policies = fc.record({
      at: fc.double({ min: 0.1, max: 0.95, noNaN: true }),
      jitter: fc.double({ min: 0, max: 0.2, noNaN: true }),
      minRemaining: fc.integer({ min: 0, max: 3_600_000 }),
      idleAfter: fc.constant(1_000),
    });
    const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 86_400_000 }), chances, (options, lifetime, chance) => {
        const policy = new RenewalPolicy(options);
        const renewAfter = policy.renewAfter(lifetime, () => chance);
        expect(renewAfter).toBeGreaterThan(0);
        expect(renewAfter).toBeLessThanOrEqual(lifetime - policy.margin(lifetime) + 1e-6);
      }),
    );
  });
});
