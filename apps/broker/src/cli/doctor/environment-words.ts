const words: readonly [RegExp, string][] = [
  [/^(?:staging|stage|stg)$/, 'staging'],
  [/^(?:test|testing|tst)$/, 'test'],
  [/^(?:dev|develop|development)$/, 'development'],
  [/^(?:sandbox|sbx)$/, 'sandbox'],
  [/^(?:qa|uat|int|integration|preprod|pre|demo)$/, 'pre-production'],
  [/^(?:prod|production|live)$/, 'production'],
];

/** The environment that a name speaks of: `staging` for `auth-stg.example` and `RABOT_STAGING_SECRET`. */
export function environmentIn(name: string): string | undefined {
  const parts = name.toLowerCase().split(/[^a-z]+/);
  return words.find(([pattern]) => parts.some((part) => pattern.test(part)))?.[1];
}

/** A name and what it is the name of. */
export interface Named {
  what: string;
  name: string;
}

/**
 * Where names of one client speak of several environments: a guess, but the best there is, since an authorization
 * server refuses a credential of another environment as it does any wrong one.
 */
export function mixedEnvironments(host: string, others: readonly Named[]): string[] {
  const here = environmentIn(host);
  return others.flatMap(({ what, name }) => {
    const there = environmentIn(name);
    const same = here === there || (here === undefined && there === 'production');
    if (there === undefined || same) return [];
    const named = here === undefined ? 'names no environment, so production perhaps' : `speaks of ${here}`;
    return [`${what} speaks of ${there}, the host ${host} ${named}: a credential is good in its own only`];
  });
}
