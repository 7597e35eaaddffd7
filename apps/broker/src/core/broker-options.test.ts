import { describe, expect, it } from 'vitest';
import { replicaName } from './broker-options.js';

describe('the name of a replica', () => {
  it('is that of its host', () => {
    expect(replicaName('broker-7f9c.example')).toBe('broker-7f9c.example');
  });

  it.each([undefined, '', '<b>', 'a b', '-x', 'x'.repeat(254)])('is made up where that is %j', (hostname) => {
    expect(replicaName(hostname)).toMatch(/^replica-[0-9a-f]{8}$/);
    expect(replicaName(hostname)).not.toBe(replicaName(hostname));
  });
});
