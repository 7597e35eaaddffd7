import { ClaimPattern } from './claim-pattern.js';

/** One text or pattern, any of several, or those of an object in the claim. */
export type ExpectedClaim = string | readonly string[] | ExpectedClaims;

export interface ExpectedClaims {
  readonly [name: string]: ExpectedClaim;
}

/** Which JWTs of an issuer are those of a consumer: one exact subject, or claims that all have to fit. */
export interface WorkloadIdentity {
  /** Its name in the settings. */
  readonly issuer: string;
  /** The claim `sub`, as it is. */
  readonly subject?: string | undefined;
  readonly claims?: ExpectedClaims | undefined;
}

export type Claims = Readonly<Record<string, unknown>>;

/** A claim that does not fit. */
export interface ClaimMismatch {
  /** Its path: `kubernetes.io namespace`. */
  claim: string;
  /** Any of these would fit. */
  expected: readonly string[];
  /** Undefined when there is no such claim. */
  actual: unknown;
}

interface Condition {
  path: readonly string[];
  patterns: readonly ClaimPattern[];
}

/** What all has to be true of the claims of a JWT. */
export class WorkloadRule {
  readonly #conditions: readonly Condition[];

  constructor(expected: ExpectedClaims) {
    this.#conditions = [...conditionsOf(expected, [])];
  }

  matches(claims: Claims): boolean {
    return this.#conditions.every((condition) => isMet(condition, claims));
  }

  mismatches(claims: Claims): ClaimMismatch[] {
    return this.#conditions
      .filter((condition) => !isMet(condition, claims))
      .map(({ path, patterns }) => ({
        claim: path.join(' '),
        expected: patterns.map(({ text }) => text),
        actual: valueAt(path, claims),
      }));
  }
}

function* conditionsOf(expected: ExpectedClaims, above: readonly string[]): Generator<Condition> {
  for (const [name, value] of Object.entries(expected)) {
    const path = [...above, name];
    if (typeof value === 'string' || Array.isArray(value)) {
      const texts: readonly string[] = typeof value === 'string' ? [value] : (value as readonly string[]);
      yield { path, patterns: texts.map((text) => new ClaimPattern(text)) };
    } else {
      yield* conditionsOf(value as ExpectedClaims, path);
    }
  }
}

/** Of a claim that is a list, such as groups, any element may fit. */
function isMet({ path, patterns }: Condition, claims: Claims): boolean {
  const value = valueAt(path, claims);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.some((one) => {
    const text = textOf(one);
    return text !== undefined && patterns.some((pattern) => pattern.matches(text));
  });
}

function valueAt(path: readonly string[], claims: Claims): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
