/** What looks wrong about a credential as it is written: each a few words that reveal nothing of it. */
export function suspiciousFormatting(text: string): string[] {
  const checks: [boolean, string][] = [
    [/^\s/.test(text), 'begins with white space'],
    [/\s$/.test(text), 'ends with white space'],
    [/[\r\n]/.test(text.trim()), 'contains a line break'],
    [/^(["'`]).*\1$/s.test(text.trim()), 'is in quotes, which are part of the value'],
    [/[\p{Cf}\u00A0]/u.test(text), 'contains an invisible character'],
    [
      /^(?:\$\{?\w+\}?|<.*>|change-?me)$/i.test(text.trim()),
      'looks like a placeholder that was never filled in',
    ],
    [text.trim().startsWith('tbk_'), "looks like a consumer's API key of this broker"],
    [isEncodedText(text.trim()), 'looks like base64 of a line of text, as kubectl prints secrets'],
  ];
  return checks.filter(([isSo]) => isSo).map(([, words]) => words);
}

/** By its line break at the end: a random secret in base64 decodes to no such text. */
function isEncodedText(text: string): boolean {
  if (!/^[A-Za-z0-9+/]{8,}={0,2}$/.test(text) || text.length % 4 !== 0) return false;
  return /^[\x20-\x7E]+\n$/.test(Buffer.from(text, 'base64').toString('latin1'));
}

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
    const named = here === undefined ? 'names no environment, which suggests production' : `suggests ${here}`;
    return [
      `${what} suggests ${there}, but the host ${host} ${named}: a credential is valid only in its own environment`,
    ];
  });
}
