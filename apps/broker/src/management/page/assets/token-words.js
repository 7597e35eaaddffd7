import { asSentence, clockAndFromNow, fromNowSpelled } from './words.js';

/**
 * What an operator should know of a token first.
 * @returns {{ name: 'none' | 'renewing' | 'expired' | 'failing' | 'due' | 'fresh', words: string }}
 */
export function tokenState(token, now) {
  const { fingerprint, holder, expiresAt, renewAt } = token;
  if (holder !== undefined) return { name: 'renewing', words: `Being renewed by ${holder}` };
  if (fingerprint === undefined) return { name: 'none', words: 'No token' };
  if (isPast(expiresAt, now)) return { name: 'expired', words: 'Expired' };
  // Before its renewal is due nothing is wrong with a token: an operator's attempt may have failed.
  if (!isPast(renewAt, now)) return { name: 'fresh', words: 'Fresh' };
  return hasFailed(token)
    ? { name: 'failing', words: 'Renewal failing' }
    : { name: 'due', words: 'Renewal due' };
}

/** Whether the last attempt failed: one before the token in use was issued is history. */
export function hasFailed({ lastFailure, issuedAt }) {
  if (lastFailure === undefined) return false;
  return issuedAt === undefined || Date.parse(lastFailure.at) >= Date.parse(issuedAt);
}

/** The bar in words. */
export function barSentence(token, now) {
  const { issuedAt, renewAt, expiresAt } = token;
  const parts = [
    issuedAt === undefined ? undefined : `Issued ${clockAndFromNow(issuedAt, now)}`,
    renewAt === undefined ? undefined : `renewal ${clockAndFromNow(renewAt, now)}`,
    expiresAt === undefined ? undefined : `expiry ${clockAndFromNow(expiresAt, now)}`,
    hasFailed(token) ? `last attempt failed ${clockAndFromNow(token.lastFailure.at, now)}` : undefined,
  ];
  return `${parts.filter((part) => part !== undefined).join('; ')}.`;
}

/**
 * @param {string} [known] the reason that stands at the client already: it is not repeated
 * @returns undefined when no attempt has failed
 */
export function failureSentence(token, now, known) {
  const { lastFailure, dueAt } = token;
  if (lastFailure === undefined) return undefined;
  const { at, reason, message } = lastFailure;
  const why = message === known ? ', for the reason above.' : `: ${asSentence(message)}`;
  const failed = `failed ${fromNowSpelled(at, now)} (${reason.replaceAll('_', ' ')})${why}`;
  if (!hasFailed(token)) return `Before this token an attempt ${failed}`;
  const isAhead = dueAt !== undefined && !isPast(dueAt, now);
  return `The last attempt ${failed}${isAhead ? ` Next attempt ${fromNowSpelled(dueAt, now)}.` : ''}`;
}

function isPast(iso, now) {
  return iso !== undefined && Date.parse(iso) <= now;
}
