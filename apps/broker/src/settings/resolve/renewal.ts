import { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import { type RenewalForm, renewalDefaults } from '../schema/renewal-form.js';
import type { Place } from '../place.js';

/** The forms are given nearest first; each field is taken from the first that has it. */
export function resolveRenewal(
  forms: readonly (RenewalForm | undefined)[],
  place: Place,
): RenewalPolicy | undefined {
  const of = (field: keyof RenewalForm): number =>
    forms.find((form) => form?.[field] !== undefined)?.[field] ?? renewalDefaults[field];
  if (!place.clean) return undefined;
  if (of('jitter') >= of('at')) {
    place.key('jitter').fault('must be less than `at`');
    return undefined;
  }
  const policy = new RenewalPolicy({
    at: of('at'),
    jitter: of('jitter'),
    minRemaining: milliseconds(of('minRemaining')),
    idleAfter: milliseconds(of('idleAfter')),
  });
  Object.freeze(policy);
  return policy;
}

export function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
