import { ScopeSet } from '#tokens/model/scope-set.js';
import { MalformedAnswer } from './malformed-answer.js';
import type { Redaction } from '../redaction.js';

/** RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** No scope token holds it. */
const illegible = '"';

export interface GrantedScopes {
  scopes: ScopeSet;
  /** Whether they are other ones than requested. Where none were, the server's own default (RFC 6749 §3.3) is not. */
  differ: boolean;
}

/**
 * Reads `scope` (RFC 6749 §5.1): absent or null means as requested. A list of strings is read as well, since some
 * servers send one. What is not a scope token is left out, and counts as a difference: the field only tells what was
 * granted, so understating it is safe, and refusing the token for it would help nobody.
 * @throws MalformedAnswer when it is of another type
 */
export function readGrantedScopes(scope: unknown, requested: ScopeSet, redaction: Redaction): GrantedScopes {
  if (scope === undefined || scope === null) return { scopes: requested, differ: false };
  // What is granted is told and logged: a secret that a server echoes here is made illegible first.
  const granted = texts(scope)
    .flatMap((text) => redaction.hide(text, illegible).split(/\s+/))
    .filter(Boolean);
  const legible = granted.filter((token) => scopeToken.test(token));
  const scopes = ScopeSet.of(legible);
  const asRequested = scopes.equals(requested);
  const same = legible.length === granted.length && (requested.size === 0 || asRequested);
  // One set in memory for the token and its request.
  return { scopes: asRequested ? requested : scopes, differ: !same };
}

function texts(scope: unknown): string[] {
  if (typeof scope === 'string') return [scope];
  if (Array.isArray(scope) && scope.every((element) => typeof element === 'string')) return scope;
  throw new MalformedAnswer('scope is not a string');
}
