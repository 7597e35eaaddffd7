import { asSentence, clockAndFromNow } from './words.js';

const chips = { fine: 'Fine', 'cooling down': 'Cooling down', refused: 'Credential refused' };

const defaultReasons = {
  'cooling down': 'the authorization server is left alone for a while',
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

/** What is particular about the credential in use; undefined when it is the first of the settings. */
export function credentialWords({ credential, changedCredential }) {
  if (changedCredential !== undefined) return changed[changedCredential];
  return credential === 2 ? 'Second credential in use: the first was refused' : undefined;
}
