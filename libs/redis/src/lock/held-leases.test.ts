import { describe, expect, it } from 'vitest';
import { HeldLeases } from './held-leases.js';

describe('HeldLeases', () => {
  it('knows the value of the lock that is held, until it is dropped', () => {
    const leases = new HeldLeases();
    leases.hold('request', 'value');
    expect(leases.valueOf('request')).toBe('value');
    expect(leases.valueOf('another')).toBeUndefined();
    expect(leases.drop('request', 'value')).toBe(true);
    expect(leases.valueOf('request')).toBeUndefined();
    expect(leases.drop('request', 'value')).toBe(false);
  });

  it('drops no later holding of the same request', () => {
    const leases = new HeldLeases();
    leases.hold('request', 'first');
    leases.hold('request', 'second');
    expect(leases.drop('request', 'first')).toBe(false);
    expect(leases.valueOf('request')).toBe('second');
  });
});
