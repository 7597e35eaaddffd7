import { describe, expect, it } from 'vitest';
import { Consumer } from './consumer.js';
import { ConsumerDirectory } from './consumer-directory.js';
import { WorkloadRule } from './workload-rule.js';

const claims = {
  repository: 'acme/app',
  groups: ['dev', 'ops'],
  run_attempt: 2,
  email_verified: true,
  'kubernetes.io': { namespace: 'finance', pod: { name: 'report-1' } },
};

describe('a rule for the claims of a workload', () => {
  it('fits when all of its claims do', () => {
    const rule = new WorkloadRule({ repository: ['other/app', 'acme/*'], run_attempt: '2', groups: 'ops' });
    expect([rule.matches(claims), rule.mismatches(claims)]).toEqual([true, []]);
  });

  it('looks into claims that are objects', () => {
    const rule = (namespace: string) => new WorkloadRule({ 'kubernetes.io': { namespace } });
    expect([rule('finance').matches(claims), rule('other').matches(claims)]).toEqual([true, false]);
  });

  it('names each claim that does not fit, what it is and what it should be', () => {
    const rule = new WorkloadRule({
      repository: 'acme/*',
      ref: ['refs/heads/main', 'refs/tags/*'],
      email_verified: 'false',
      'kubernetes.io': { pod: { name: 'order-*' } },
    });
    expect(rule.mismatches(claims)).toEqual([
      { claim: 'ref', expected: ['refs/heads/main', 'refs/tags/*'], actual: undefined },
      { claim: 'email_verified', expected: ['false'], actual: true },
      { claim: 'kubernetes.io pod name', expected: ['order-*'], actual: 'report-1' },
    ]);
  });

  it('takes nothing from what every object has, nor an object for a text', () => {
    expect(new WorkloadRule({ constructor: '*' }).matches(claims)).toBe(false);
    expect(new WorkloadRule({ 'kubernetes.io': '*' }).matches(claims)).toBe(false);
    expect(new WorkloadRule({ repository: { length: '8' } }).matches(claims)).toBe(false);
  });
});

describe('a directory with rules', () => {
  const [one, other] = [new Consumer('one', []), new Consumer('other', [])];
  const entry = (consumer: Consumer, repository: string) => ({
    consumer,
    keys: [],
    workload: { issuer: 'github', claims: { repository } },
  });
  const workload = (issuer: string) => ({ issuer, subject: 'repo:acme/app', claims });

  it('finds the consumer whose rule fits a token of its issuer', () => {
    const directory = new ConsumerDirectory([entry(one, 'acme/*'), entry(other, 'other/*')]);
    expect(directory.byWorkload(workload('github'))?.consumer).toBe(one);
    expect(directory.byWorkload(workload('gitlab'))).toBeUndefined();
  });

  it('serves none of several consumers whose rules fit', () => {
    const directory = new ConsumerDirectory([
      entry(one, 'acme/*'),
      { consumer: other, keys: [], workload: { issuer: 'github', subject: 'repo:acme/app' } },
    ]);
    expect(() => directory.byWorkload(workload('github'))).toThrow(
      expect.objectContaining({
        code: 'invalid_client',
        cause: new Error('the rules of several consumers fit: other, one'),
      }),
    );
  });
});
