import { AccessTokens } from './access-tokens.js';
import { ClientAssertions } from './client-assertions.js';
import { ClientAuthenticator } from './client-authentication.js';
import type { Clients } from './clients.js';
import { Gate } from './gate.js';
import { tokenPath } from './metadata.js';
import { Misbehaviours } from './misbehaviour.js';
import type { SigningKeys } from './signing-keys.js';
import { TokenEndpoint } from './token-endpoint.js';
import { TokenExchange } from './token-exchange.js';
import { TokenRequestCounter } from './token-request-counter.js';

export interface Settings {
  issuer: string;
  clients: Clients;
  keys: SigningKeys;
  /** Seconds that a token lives. */
  lifetime: number;
  /** Milliseconds since 1970, by the right clock. */
  now: () => number;
}

export interface Parts extends Settings {
  tokens: AccessTokens;
  misbehaviours: Misbehaviours;
  counter: TokenRequestCounter;
  gate: Gate;
  exchange: TokenExchange;
}

/** The wiring: everything of the server but its socket. */
export function assembled(settings: Settings): Parts {
  const { issuer, clients, keys, now } = settings;
  const tokens = new AccessTokens(issuer, keys, now);
  const assertions = new ClientAssertions([issuer, `${issuer}${tokenPath}`], now);
  const authenticator = new ClientAuthenticator(clients, assertions);
  const endpoint = new TokenEndpoint(authenticator, tokens, `${issuer}/partner`);
  const scripting = {
    misbehaviours: new Misbehaviours(),
    counter: new TokenRequestCounter(),
    gate: new Gate(),
  };
  const exchange = new TokenExchange({ ...settings, ...scripting, endpoint });
  return { ...settings, ...scripting, tokens, exchange };
}
