import { describe, expect, it } from 'vitest';
import { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import { quotaFindings, trialFindings } from './running-findings.js';

const hour = 3_600_000;
const renewal = new RenewalPolicy({ at: 0.8, jitter: 0.05, minRemaining: 60_000, idleAfter: hour });
const lives = (count: number, lifetime: number) => Array.from({ length: count }, () => lifetime);

describe('maxTokenRequests', () => {
  it('is found too small where the tokens need more, however late they are renewed', () => {
    const tight = { quotas: { perHour: 150 }, renewal };
    expect(quotaFindings(tight, lives(140, hour))).toEqual([]);
    const [found, ...more] = quotaFindings(tight, lives(200, hour));
    expect(more).toEqual([]);
    expect(found).toMatchObject({ code: 'quota_too_small', severity: 'warning' });
    expect(found?.detail).toMatch(
      /^200 tokens need 2\d\d token requests in an hour, and .*perHour is 150\.$/,
    );
    expect(quotaFindings(tight, lives(200, 2 * hour))).toEqual([]);
    expect(quotaFindings({ renewal }, lives(10_000, hour))).toEqual([]);
    expect(quotaFindings({ quotas: { perMonth: 10 }, renewal }, [])).toEqual([]);
  });
});

describe('a changed credential of a running broker', () => {
  it('is found when it is refused, and not while it is on trial', () => {
    const changedCredentialSince = '2026-11-27T04:00:00.000Z';
    expect(trialFindings({})).toEqual([]);
    expect(trialFindings({ changedCredential: 'on trial', changedCredentialSince })).toEqual([]);
    expect(trialFindings({ changedCredential: 'refused', changedCredentialSince })).toMatchObject([
      {
        code: 'changed_credential_refused',
        severity: 'fault',
        detail: expect.stringContaining('since 2026-11-27T04'),
      },
    ]);
  });
});
