/*
 * The rule of the remaining life: a token lives for the least that any trustworthy clock allows, and never longer than
 * it was granted. Replicas' clocks differ, the shared store's clock may be set back (by a failover or NTP; then its
 * TTLs grow), a host may sleep, and what lies in a shared store may have been put there by another.
 *
 * A clock is not trusted when two others agree that it allows too little: one that is off must not kill a token that is
 * alive. A clock that allows too much needs no vote, as the least counts.
 */

/** Milliseconds by which clocks that are right may differ. */
export const clockAgreement = 5_000;

/** What is known of the end of a token. */
export interface LifeEvidence {
  /** Milliseconds granted, from the sending of the token request. */
  lifetime: number;
  /** Unix time in milliseconds now, by this replica's wall clock (see `trustedWallTime`). */
  wallTime: number;
  /** Unix time in milliseconds at which the request was sent, as recorded by the replica that sent it. */
  issuedAt?: number | undefined;
  /** `exp` of a JWT (RFC 7519 §4.1.4) as Unix time in milliseconds. */
  exp?: number | undefined;
  /** Milliseconds left by the shared store's own expiry. */
  ttl?: number | undefined;
  /** Milliseconds left by this replica's monotonic clock, for a token that it has had before. */
  monotonic?: number | undefined;
}

interface Estimate {
  clock: 'wall' | 'store' | 'monotonic';
  remaining: number;
}

/** Milliseconds that the token may still be served; 0 or less when its life is over. */
export function remainingLife(evidence: LifeEvidence): number {
  const { lifetime, wallTime, issuedAt, exp, ttl, monotonic } = evidence;
  const estimates: Estimate[] = [];
  if (issuedAt !== undefined) estimates.push({ clock: 'wall', remaining: issuedAt + lifetime - wallTime });
  if (exp !== undefined) estimates.push({ clock: 'wall', remaining: exp - wallTime });
  if (ttl !== undefined) estimates.push({ clock: 'store', remaining: ttl });
  if (monotonic !== undefined) estimates.push({ clock: 'monotonic', remaining: monotonic });
  const trusted = estimates.filter((one) => !isOutvoted(one, estimates));
  return Math.min(lifetime, ...trusted.map(({ remaining }) => remaining));
}

/**
 * Unix time in milliseconds by this replica's clock, unless two witnesses (the shared store's clock, the `Date` of
 * authorization servers) agree with each other and not with it: then the later of them, which allows the least.
 */
export function trustedWallTime(own: number, witnesses: readonly number[]): number {
  const against = witnesses.filter((one) => Math.abs(one - own) > clockAgreement);
  const pairs = against.flatMap((one, n) => against.slice(n + 1).map((other) => [one, other] as const));
  const agreeing = pairs.filter(([one, other]) => Math.abs(one - other) <= clockAgreement);
  return agreeing.length === 0 ? own : Math.max(...agreeing.flat());
}

/** Whether two other clocks agree that there is more. */
function isOutvoted(one: Estimate, all: readonly Estimate[]): boolean {
  const above = all.filter(({ remaining }) => remaining > one.remaining + clockAgreement);
  return above.some((first) =>
    above.some(
      (second) =>
        first.clock !== second.clock && Math.abs(first.remaining - second.remaining) <= clockAgreement,
    ),
  );
}
