import type { Clients } from './clients.js';
import { type Subject, sortedScopes } from './misbehaviour.js';
import { presentedCredential } from './presented-credential.js';
import { parameter, type TokenCall } from './token-call.js';

/** What a token request says of itself, believed for counting and scripting only. */
export function subjectOf(call: TokenCall, clients: Clients): Subject {
  const client = claimedClient(call);
  const scope = parameter(call, 'scope') ?? clients.find(client)?.scopes.join(' ') ?? '';
  return { client, scopeSet: sortedScopes(scope) };
}

function claimedClient(call: TokenCall): string {
  try {
    return presentedCredential(call).clientId;
  } catch {
    return parameter(call, 'client_id') ?? '';
  }
}
