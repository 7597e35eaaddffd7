import { Failure } from '#tokens/model/failures.js';

/** What a consumer is not entitled to. */
export type DeniedPart = 'client' | 'scope' | 'resource';

/**
 * One error for all that a consumer is not entitled to: an unknown client reads like a forbidden scope, so that the names
 * of clients cannot be probed.
 */
export class AccessDenied extends Failure {
  constructor(
    readonly part: DeniedPart,
    client: string,
    what: string,
  ) {
    super(
      'access_denied',
      `this consumer may not have ${what} of the client ${client}; ask for what its allow list in the settings gives, or have it extended`,
    );
  }
}

/** `the scope a`, `the scopes a, b`. */
export function pluralized(noun: string, names: Iterable<string>): string {
  const list = [...names];
  return `the ${noun}${list.length === 1 ? '' : 's'} ${list.join(', ')}`;
}
