import type { Place } from '../place.js';

/** What must belong to one owner only. */
export interface Claim {
  value: string;
  /** Name of the owner in its mapping. */
  owner: string;
  place: Place;
}

/** Every claim on what another has claimed before is a fault. */
export function checkUnique(claims: readonly Claim[]): void {
  const owners = new Map<string, string>();
  for (const { value, owner, place } of claims) {
    const other = owners.get(value) ?? owner;
    if (other !== owner) place.fault(`must not be that of ${other} too`);
    owners.set(value, other);
  }
}
