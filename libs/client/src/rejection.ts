/** RFC 6750 §3.1 */
const invalidToken = /error="?invalid_token\b/i;
const insufficientScope = /error="?insufficient_scope\b/i;

/**
 * Whether an API rejects the token itself. What it says in `WWW-Authenticate` counts before its status: another token of
 * the same scopes does not help against `insufficient_scope`.
 */
export class TokenRejection {
  readonly #statuses: ReadonlySet<number>;

  /** @throws TypeError for what is no status of a client error */
  constructor(statuses: readonly number[] = [401]) {
    if (!statuses.every((status) => Number.isInteger(status) && status >= 400 && status < 500)) {
      throw new TypeError('rejectedStatuses must be statuses from 400 to 499');
    }
    this.#statuses = new Set(statuses);
  }

  matches(status: number, challenge: string | readonly string[] | null | undefined): boolean {
    const text = [challenge ?? ''].flat().join(', ');
    if (status < 400 || status >= 500 || insufficientScope.test(text)) return false;
    return this.#statuses.has(status) || invalidToken.test(text);
  }
}
