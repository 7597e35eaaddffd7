import { describe, expect, it } from 'vitest';
import { environmentIn, mixedEnvironments } from './credential-hints.js';

describe('the environment that a name speaks of', () => {
  it.each([
    ['auth.staging.example', 'staging'],
    ['auth-stg.example', 'staging'],
    ['RABOT_TEST2_SECRET', 'test'],
    ['login.sandbox.example', 'sandbox'],
    ['/run/secrets/rabot-uat/secret', 'pre-production'],
    ['rabot_prod', 'production'],
    ['auth.example', undefined],
    ['contest.example', undefined],
    ['product-partner', undefined],
  ])('is, for %s, %s', (name, environment) => {
    expect(environmentIn(name)).toBe(environment);
  });
});

describe('names of several environments', () => {
  const mixed = (host: string, name: string) => mixedEnvironments(host, [{ what: 'clientId', name }]);

  it('are reported', () => {
    expect(mixed('auth.example', 'partner-staging')).toEqual([expect.stringMatching(/names no environment/)]);
    expect(mixed('auth.staging.example', 'partner-prod')).toEqual([
      expect.stringMatching(
        /^clientId suggests production, but the host auth\.staging\.example suggests staging/,
      ),
    ]);
  });

  it('are none when they agree, or say nothing', () => {
    expect(mixed('auth.staging.example', 'partner-stage')).toEqual([]);
    expect(mixed('auth.example', 'partner-prod')).toEqual([]);
    expect(mixed('auth.staging.example', 'partner')).toEqual([]);
  });
});
