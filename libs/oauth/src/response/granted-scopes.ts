import { ScopeSet, scopeToken } from '#tokens/model/scope-set.js';
import type { Redaction } from '../redaction.js';
import { InvalidResponse } from './response-fields.js';

/** Characters of all granted scopes: they are kept with the token, shown and logged. */
const maxLength = 4 * 1024;

/** Not allowed in a scope token. */
const redactionMark = '"';

export interface GrantedScopes {
  scopes: ScopeSet;
  /** Whether they are other ones than requested. Where none were, the server's own default (RFC 6749 §3.3) is not. */
  differ: boolean;
}

/**
 * Reads `scope` (RFC 6749 §5.1): absent or null means as requested. A list of strings is read as well, since some
 * servers send one. What is not a scope token is left out, and counts as a difference: the field only
 * describes what was granted, so understating it is safe.
 * @throws InvalidResponse when it is of another type or over 4 KiB
 */
export function readGrantedScopes(
  scope: unknown,
  requested: ScopeSet,
  redaction: Redaction,
  separator = ' ',
): GrantedScopes {
  if (scope === undefined || scope === null) return { scopes: requested, differ: false };
  // Granted scopes are shown and logged: a secret that a server echoes here is made invalid first.
  const received = texts(scope);
  if (received.join(' ').length > maxLength) throw new InvalidResponse('scope is over 4 KiB');
  const granted = received
    .flatMap((text) => redaction.hide(text, redactionMark).split(separator === ' ' ? /\s+/ : separator))
    .map((token) => token.trim())
    .filter(Boolean);
  const valid = granted.filter((token) => scopeToken.test(token));
  const scopes = ScopeSet.of(valid);
  const asRequested = scopes.equals(requested);
  const same = valid.length === granted.length && (requested.size === 0 || asRequested);
  // One set in memory for the token and its request.
  return { scopes: asRequested ? requested : scopes, differ: !same };
}

function texts(scope: unknown): string[] {
  if (typeof scope === 'string') return [scope];
  if (Array.isArray(scope) && scope.every((element) => typeof element === 'string')) return scope;
  throw new InvalidResponse('scope is not a string');
}
