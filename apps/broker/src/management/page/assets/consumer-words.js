import { fromNowSpelled } from './words.js';

/**
 * A credential of a consumer, what it was used for, and when it has to be replaced.
 * @param {{ place: string, fingerprint?: string, served: number, lastServed?: string, expiresAt?: string, replaceBy?: string }} credential
 * @param {number} now milliseconds since 1970
 * @param {(iso?: string) => string} at
 */
export function credentialLine({ place, fingerprint, served, lastServed, expiresAt, replaceBy }, now, at) {
  const name = fingerprint === undefined ? place : `${place} ${fingerprint}`;
  const dates = [
    dateWords('expires', 'expired', expiresAt, now),
    dateWords('replace', 'too old since', replaceBy, now),
  ];
  return [`${name}: ${served}`, at(lastServed), ...dates.filter((words) => words !== undefined)].join(', ');
}

function dateWords(before, after, iso, now) {
  if (iso === undefined) return undefined;
  return `${Date.parse(iso) > now ? before : after} ${fromNowSpelled(iso, now)}`;
}

/**
 * With the mode, where what is refused by `allow` is granted.
 * @param {{ name: string, mode?: string }} consumer
 */
export function consumerName({ name, mode }) {
  return mode === undefined ? name : `${name} (mode: ${mode})`;
}
