import { describe, expect, it } from 'vitest';
import { type RedisState, redisProblems } from './redis-examination.js';

const problems = (observed: Partial<RedisState>) =>
  redisProblems({ answered: true, faults: new Map(), ...observed }).map(
    ({ severity, detail }) => `${severity} ${detail}`,
  );

describe('what is wrong with Redis', () => {
  it('is nothing when it answers', () => {
    expect(problems({ skew: 100, sealed: { seen: 3, opened: 3 } })).toEqual([]);
  });

  it.each([
    ['WRONGPASS', /refuses the log-in/],
    ['NOAUTH', /refuses the log-in/],
    ['NOPERM', /ACL/],
    ['ENOTFOUND', /does not resolve/],
    ['ECONNREFUSED', /nothing listens/],
    ['timeout', /does not respond in time/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /TLS handshake/],
    ['certificate', /TLS handshake/],
    ['LOADING', /still loading/],
    ['READONLY', /replica/],
    ['OOM', /refuses writes/],
    ['CLUSTERDOWN', /cluster is down/],
    ['MOVED', /store\.redis\.cluster/],
    ['CROSSSLOT', /store\.redis\.cluster/],
    ['DATABASE', /no database of this number/],
    ['UNKNOWN_COMMAND', /lacks a command/],
    ['QUOTA', /plan is used up/],
    ['disconnected', /connection is lost/],
  ])('is, for %s, a fault in words', (reason, words) => {
    const faults = new Map([['commands', reason]]);
    expect(problems({ answered: false, faults })).toEqual([expect.stringMatching(words)]);
    expect(problems({ answered: false, faults })[0]).toMatch(/^fault connection: /);
  });

  it('is a silence without a reason', () => {
    expect(problems({ answered: false })).toEqual([
      expect.stringMatching(/^fault .*does not respond in time/),
    ]);
  });

  it('is less when only a lock node is away', () => {
    const faults = new Map([['lock', 'ECONNREFUSED']]);
    expect(problems({ faults })).toEqual([
      expect.stringMatching(/^warning connection for locks: nothing listens/),
    ]);
  });

  it('is a key that opens nothing, or not all, and a clock that is off', () => {
    expect(problems({ sealed: { seen: 2, opened: 0 } })).toEqual([expect.stringMatching(/^fault .*0 of 2/)]);
    expect(problems({ sealed: { seen: 2, opened: 1 } })).toEqual([
      expect.stringMatching(/^warning .*1 of 2/),
    ]);
    expect(problems({ skew: -7_000 })).toEqual([expect.stringMatching(/^warning its clock is 7 s behind/)]);
  });
});
