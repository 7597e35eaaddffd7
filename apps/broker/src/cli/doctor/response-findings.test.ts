import { describe, expect, it } from 'vitest';
import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import type { TokenResponse } from '#tokens/ports/authorization-server.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { someClient } from '#test/the.js';
import { responseFindings } from './response-findings.js';

const client = someClient({
  scopes: ScopeSet.parse('read write admin'),
  impliedScopes: new ImpliedScopes({ write: ['read'] }),
});

function found(asked: string, answer: Partial<TokenResponse>, duration = 10): string[] {
  const request = client.request(ScopeSet.parse(asked));
  const whole = {
    accessToken: new Secret('not-a-real-token'),
    scopes: request.scopes,
    sentAt: 0,
    lifetime: 3_600_000,
    anomalies: [],
    ...answer,
  };
  return responseFindings(request, whole, duration).map(({ code, severity }) => `${severity} ${code}`);
}

const differs = (scopes: string) => ({
  scopes: ScopeSet.parse(scopes),
  anomalies: ['scope_differs'] as const,
});

describe('what is found in a token answer', () => {
  it('is nothing when it is as asked for', () => {
    expect(found('read', {})).toEqual([]);
  });

  it('is less or more than asked for, or both', () => {
    expect(found('read admin', differs('read'))).toEqual(['fault scope_narrower']);
    expect(found('read', differs(''))).toEqual(['fault scope_narrower']);
    expect(found('read', differs('read admin'))).toEqual(['warning scope_wider']);
    expect(found('read', differs('admin'))).toEqual(['fault scope_narrower', 'warning scope_wider']);
  });

  it('is nothing when what is granted includes what was asked for, or is included in it', () => {
    expect(found('write', differs('read write'))).toEqual([]);
    expect(found('read', differs('write'))).toEqual(['warning scope_wider']);
  });

  it('is a life that is short, unknown or beyond belief', () => {
    expect(found('read', { lifetime: 9_000 })).toEqual(['fault lifetime_short']);
    expect(found('read', { lifetime: 60_000 })).toEqual(['warning lifetime_short']);
    expect(found('read', { anomalies: ['lifetime_assumed'] })).toEqual(['warning lifetime_missing']);
    expect(found('read', { anomalies: ['lifetime_capped'] })).toEqual(['warning lifetime_capped']);
  });

  it('is slowness beyond a quarter of the timeout', () => {
    expect(found('read', {}, 2_500)).toEqual([]);
    expect(found('read', {}, 2_501)).toEqual(['warning slow']);
  });
});
