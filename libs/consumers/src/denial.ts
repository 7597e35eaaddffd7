import { Failure } from '#tokens/model/failures.js';

/** What a consumer may not have. */
export type DeniedPart = 'client' | 'scope' | 'resource';

/**
 * The one refusal for all that a consumer may not have: an unknown client reads like a forbidden scope, so that nobody
 * can find out which clients exist.
 */
export class Denial extends Failure {
  constructor(
    readonly of: DeniedPart,
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
export function named(noun: string, names: Iterable<string>): string {
  const list = [...names];
  return `the ${noun}${list.length === 1 ? '' : 's'} ${list.join(', ')}`;
}
