import { UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { claimText, describedToken } from './token-report.js';

const now = Date.parse('2026-11-23T12:00:00Z');

describe('what may be shown of a token', () => {
  it('is, of a JWT, header and claims', () => {
    const token = new Secret(new UnsecuredJWT({ sub: 'client-1' }).encode());
    expect(describedToken(token).jwt).toEqual({ header: { alg: 'none' }, claims: { sub: 'client-1' } });
  });

  it('is of any other its hash only', () => {
    const token = new Secret('not-a-real-token');
    expect(describedToken(token)).toEqual({ sha256: token.fingerprint });
  });

  it('shows instants as such', () => {
    const seconds = now / 1000;
    expect(claimText('exp', seconds + 60, now)).toMatch(/^\d+ {2}\(2026-11-23T12:01:00.000Z, in 60 s\)$/);
    expect(claimText('iat', seconds - 5, now)).toMatch(/, 5 s ago\)$/);
    expect(claimText('aud', ['a'], now)).toBe('["a"]');
    expect(claimText('exp', 1e300, now)).toBe('1e+300');
    expect(claimText('exp', 'soon', now)).toBe('"soon"');
  });
});
