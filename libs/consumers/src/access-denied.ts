import { Failure } from '#tokens/model/failures.js';
import { nearestName } from '#tokens/model/nearest-name.js';

/** What a consumer is not entitled to. */
export type DeniedPart = 'client' | 'scope' | 'resource' | 'authorization_details';

/** What a consumer asked for in vain. */
export interface Denial {
  part: DeniedPart;
  /** `the scope a of the client b` */
  what: string;
  /** The first that is denied: a scope, a resource, or the name of a client. */
  name: string;
  /** Names of the same kind that it may have. */
  allowed: Iterable<string>;
}

/** So many names of a list are shown, and compared with the one that is denied. */
const maxNames = 20;

/**
 * One error for all that a consumer is not entitled to: an unknown client reads like that of another consumer, so that the
 * names of clients cannot be probed. It lists nothing but what the consumer may have.
 */
export class AccessDenied extends Failure {
  readonly part: DeniedPart;

  /** @param mayHave `a, b of the client c` */
  constructor(
    readonly denial: Denial,
    consumer = 'this consumer',
    mayHave = '',
  ) {
    const meant = nearestName(denial.name, firstOf(denial.allowed));
    super(
      'access_denied',
      [
        `${consumer} may not have ${denial.what}`,
        ...(mayHave === '' ? [] : [`it may have ${mayHave}`]),
        ...(meant === undefined ? [] : [`did you mean ${meant}?`]),
        'to get more, have its allow list in the settings extended',
      ].join('; '),
    );
    this.part = denial.part;
  }
}

/** `the scope a`, `the scopes a, b`. */
export function pluralized(noun: string, names: Iterable<string>): string {
  const list = [...names];
  return `the ${noun}${list.length === 1 ? '' : 's'} ${list.join(', ')}`;
}

/** `a, b`, or `a, b and 3 more`. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const more = all.length > maxNames ? ` and ${all.length - maxNames} more` : '';
  return `${firstOf(all).join(', ')}${more}`;
}

function firstOf(names: Iterable<string>): string[] {
  return [...names].slice(0, maxNames);
}
