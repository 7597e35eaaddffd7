import type { Particulars } from '../settings-fault.js';
import { nearestName } from '#tokens/model/nearest-name.js';

/** The context of a check of settings that are never secrets. */
export interface Shown {
  particulars(value: unknown): Particulars;
}

/** What a name looks like. By a slip of the pen a secret can become a key: `{ secret }`, or a comma for a colon. */
export const word = /^[A-Za-z_]{1,32}$/;

/** Names of the settings file, and scopes: short, and of visible ASCII. */
const name = /^[\x21-\x7e]{1,64}$/;

/** A number, a truth value, or text of a word and a number at most. */
export function shownScalar(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && /^[\w.,-]{1,12}( [A-Za-z]{1,12})?$/.test(value) ? value : undefined;
}

/** Of a value that must be one of some words. */
export function choiceParticulars(value: unknown, choices: readonly string[]): Particulars {
  if (typeof value !== 'string') return { value: shownScalar(value) };
  const meant = nearestName(value, choices) ?? soleWith(value, choices);
  return { value: word.test(value) || meant !== undefined ? value : undefined, meant };
}

/** Of a value that must be a name, or scope, which stands elsewhere in the settings. */
export function nameParticulars(value: string, known: Iterable<string>): Particulars {
  if (!name.test(value)) return {};
  return { value, meant: nearestName(value, [...known]) };
}

/** Of a URL without user, password and query. */
export function urlParticulars(value: unknown): Particulars {
  if (
    typeof value !== 'string' ||
    !/^(?:https?:\/\/)?[\w.-]+(?::\d{1,5})?(?:\/[\w./-]{0,100})?$/i.test(value)
  )
    return {};
  const bare = value.replace(/^https?:\/\//i, '');
  const isMeant = /^[\w-]+(\.[\w-]+)+(?=[:/]|$)/.test(bare) && !/^https:/i.test(value);
  return { value, meant: isMeant ? `https://${bare}` : undefined };
}

/** `basic` means `client_secret_basic`. */
function soleWith(part: string, choices: readonly string[]): string | undefined {
  const found = part.length < 3 ? [] : choices.filter((choice) => choice.includes(part.toLowerCase()));
  return found.length === 1 ? found[0] : undefined;
}
