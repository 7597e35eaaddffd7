import type { ClientDirectory } from './client-directory.js';
import type { MemoryTokenStore } from './memory/memory-token-store.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';
import type { PlannedRenewals, RenewalSchedule } from './ports/renewal-schedule.js';

/** Milliseconds in which the tokens of a former credential are renewed with the new one. */
const rolloverTime = { perToken: 250, most: 45_000 };

/**
 * The token of a former credential, as it serves the request of the new one until it is renewed. When that is follows
 * from the request key: spread over all tokens, and the same at each replica.
 * @param count of how many tokens it is one; when it is not known, they are taken for many
 */
export function carriedOver(token: Token, { key }: TokenRequest, now: number, count = Infinity): Token {
  const share = Buffer.from(key, 'base64url').readUInt32BE() / 2 ** 32;
  return token.renewedBy(now + share * Math.min(count * rolloverTime.perToken, rolloverTime.most));
}

/** Gives the requests of new credentials the tokens that this replica has of the former ones. */
export function carryOver(
  memory: MemoryTokenStore,
  schedule: RenewalSchedule & Pick<PlannedRenewals, 'isPlanned'>,
  clients: ClientDirectory,
  now: number,
): void {
  const succeeded = memory.snapshot().flatMap(({ request, token }) => {
    const successor = clients.successor(request);
    return successor === undefined ? [] : [{ request, token, successor }];
  });
  for (const { request, token, successor } of succeeded) {
    const carried = carriedOver(token, successor, now, succeeded.length);
    memory.put(successor, carried);
    if (schedule.isPlanned(request)) schedule.noteDemand(successor, carried.renewAt);
  }
}
