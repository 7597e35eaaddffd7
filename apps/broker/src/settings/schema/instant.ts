import { Check, OneOrTwo } from './rules.js';

/** A date, or an instant of ISO 8601 with its zone. */
const instant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
const instantSchema = { type: 'string', pattern: instant.source };

export function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !instant.test(value) || Number.isNaN(Date.parse(value))) return false;
  // `Date.parse` takes 2027-02-30 for the second of March.
  const date = value.slice(0, 10);
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

/** A date stands for its beginning in UTC. */
export function IsInstant(): PropertyDecorator {
  return Check(instantSchema, (value) =>
    isInstant(value)
      ? undefined
      : 'must be a date such as 2027-03-31, or an instant such as 2027-03-31T12:00:00Z',
  );
}

/** One, or a list of one or two. */
export function IsInstantOrPair(): PropertyDecorator {
  const message =
    'must be a date such as 2027-03-31, an instant such as 2027-03-31T12:00:00Z, or a list of one or two';
  return OneOrTwo(instantSchema, (one) => (isInstant(one) ? undefined : message), message);
}
