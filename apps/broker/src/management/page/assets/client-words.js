import { asSentence, clockAndFromNow, fromNowSpelled } from './words.js';

const chips = { fine: 'Fine', 'cooling down': 'Cooling down', refused: 'Credential refused' };

const defaultReasons = {
  'cooling down': 'no token requests are sent for a while',
  refused: 'the authorization server refuses the credential of this client',
};

/** A few words for a client's state. */
export function clientChip({ state }) {
  return chips[state] ?? state;
}

/**
 * What is wrong with a client, until when, and what to do; undefined when it is fine.
 * @param {{ state: string, reason?: string, upstreamError?: string, until?: string }} client
 * @param {number} now milliseconds since 1970
 */
export function clientSentence({ state, reason, upstreamError, until }, now) {
  if (state === 'fine') return undefined;
  const code = upstreamError !== undefined && !reason?.includes(upstreamError) ? ` (${upstreamError})` : '';
  const why = asSentence(`${reason ?? defaultReasons[state] ?? state}${code}`);
  const advice = state === 'refused' ? ' A new credential is tried at once.' : '';
  const next = until === undefined ? '' : ` Next attempt at ${clockAndFromNow(until, now)}.`;
  return `${why}${advice}${next}`;
}

const changed = {
  'on trial': 'Changed credential not accepted yet: the former one is in use',
  refused: 'Changed credential refused: the former one is in use',
};

const expirySoon = 30 * 24 * 3_600_000;

/**
 * What is particular about the credential in use; undefined when there is nothing.
 * @param {{ credential?: number, credentialExpiresAt?: string, changedCredential?: string }} client
 * @param {number} now milliseconds since 1970
 */
export function credentialWords({ credential, credentialExpiresAt, changedCredential }, now) {
  const left = credentialExpiresAt === undefined ? Infinity : Date.parse(credentialExpiresAt) - now;
  const sentences = [
    changed[changedCredential],
    credential === 2 ? 'Second credential in use: the first was refused' : undefined,
    left <= 0 ? 'Credential expired' : undefined,
    left > 0 && left <= expirySoon
      ? `Credential expires ${fromNowSpelled(credentialExpiresAt, now)}`
      : undefined,
  ].filter((sentence) => sentence !== undefined);
  return sentences.length === 0 ? undefined : sentences.join('. ');
}

const windows = { perHour: 'hour', perDay: 'day', perMonth: 'month' };

/**
 * How much is used of the budget, the quotas, and what the authorization server itself grants.
 * @param {{ budget: { used: number, perMinute: number }, quotas?: { window: string, limit: number, used: number }[],
 *   rateLimit?: { remaining: number } }} client
 */
export function spendingWords({ budget, quotas = [], rateLimit }) {
  return [
    `${budget.used} of ${budget.perMinute} token requests in the last minute`,
    ...quotas.map(({ window, limit, used }) => `${used} of ${limit} in the last ${windows[window]}`),
    ...(rateLimit === undefined ? [] : [`its server grants ${rateLimit.remaining} more`]),
  ].join(', ');
}
