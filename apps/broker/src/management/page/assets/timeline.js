/**
 * Where things stand on a token's bar, in percent of its life.
 * @param {{ issuedAt?: string, expiresAt?: string, renewAt?: string, lastFailure?: { at: string } }} token
 * @param {number} now milliseconds since 1970
 * @returns undefined when it is not known from when to when the token lives
 */
export function timeline({ issuedAt, expiresAt, renewAt, lastFailure }, now) {
  if (issuedAt === undefined || expiresAt === undefined) return undefined;
  const from = Date.parse(issuedAt);
  const life = Date.parse(expiresAt) - from;
  if (!(life > 0)) return undefined;
  const share = (at) => ((at - from) / life) * 100;
  const failure = lastFailure && share(Date.parse(lastFailure.at));
  return {
    now: Math.min(100, Math.max(0, share(now))),
    renewal: renewAt === undefined ? undefined : Math.min(100, Math.max(0, share(Date.parse(renewAt)))),
    failure: failure >= 0 && failure <= 100 ? failure : undefined,
  };
}
