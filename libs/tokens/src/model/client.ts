import { digest } from './secret.js';
import type { ImpliedScopes } from './implied-scopes.js';
import type { Quotas } from './quota-window.js';
import type { RenewalPolicy } from './renewal-policy.js';
import type { ScopeSet } from './scope-set.js';
import { type WireFormat, wireFormatParts } from './wire-format.js';
import { TokenRequest } from './token-request.js';

export interface ClientOptions {
  /** Its name in the settings. */
  name: string;
  /** Token endpoint or issuer. */
  authorizationServer: string;
  clientId: string;
  clientAuthentication: string;
  /** One version for each credential, first choice first: changes when the credential does, and does not reveal it. */
  credentials: readonly string[];
  /** This replica knows nothing of them but their versions: it serves their tokens, and cannot request one. */
  isProofUnknown?: boolean | undefined;
  /** When each of them expires, where that is known: milliseconds since 1970. */
  credentialExpiries?: readonly (number | undefined)[];
  /** Further token request parameters. */
  parameters: Readonly<Record<string, string>>;
  /** All scopes assigned to the client. */
  scopes: ScopeSet;
  /** Those that every token request carries. */
  requiredScopes: ScopeSet;
  impliedScopes: ImpliedScopes;
  /** Values of `token_type` besides Bearer whose tokens are used as Bearer tokens: Apigee says `BearerToken`. */
  acceptTokenTypes?: readonly string[];
  wireFormat?: WireFormat | undefined;
  /** The authorization grant; `client_credentials` when omitted. */
  grant?: 'jwt-bearer' | undefined;
  /** A digest of what else decides which token is given: the grant, and what its assertions say. */
  variant?: string | undefined;
  /** A digest of what else decides which server is reached, such as the authorities that are trusted. */
  connection?: string | undefined;
  /** RFC 8707 resources that may be asked for. */
  resources: readonly string[];
  /** Authorization details (RFC 9396) that any consumer may ask for, as `parseAuthorizationDetails` returns them. */
  authorizationDetails?: readonly string[] | undefined;
  /** Milliseconds a token lives when the answer does not say. */
  defaultLifetime: number;
  /** Milliseconds in all for one token request. */
  timeout: number;
  maxTokenRequestsPerMinute: number;
  /** Token requests that the authorization server grants. */
  quotas?: Quotas | undefined;
  /** Milliseconds that a token lives at most, whatever the answer says: 24 hours. */
  maxLifetime?: number;
  /** Whether its tokens are revoked when it leaves the settings. */
  revokeOnRemoval?: boolean;
  renewal: RenewalPolicy;
  /**
   * The scopes of the one token that all requests share, for a server where a new token invalidates the previous one. Omitted: each
   * scope set has a token of its own.
   */
  oneToken?: ScopeSet | undefined;
  /** Scope sets kept ready from the start. */
  preload: readonly ScopeSet[];
}

/** An OAuth client registered at an authorization server (RFC 6749 §2), without its secrets. */
export class Client {
  /** What a token depends on besides scopes and resources: a changed credential is another identity, and so is another way to
   * the server, whose failures are its own. */
  readonly identity: string;
  /** The identity without its credential: a token outlives a change of the credential only where this is the same. */
  readonly registration: string;
  /** What the authorization server counts the token requests of, whatever they ask for and prove themselves with. */
  readonly account: string;

  constructor(readonly options: Readonly<ClientOptions>) {
    const { clientAuthentication, credentials } = options;
    this.identity = this.#digest([clientAuthentication, String(credentials.length), ...credentials]);
    this.registration = this.#digest([]);
    this.account = digest(['account', options.authorizationServer, options.clientId]);
  }

  get name(): string {
    return this.options.name;
  }

  /** The one request for all scope sets that can do the same. Authorizing it is the caller's duty. */
  request(scopes: ScopeSet, targets: Iterable<string> = []): TokenRequest {
    const { requiredScopes, impliedScopes, oneToken = scopes } = this.options;
    return new TokenRequest(this, impliedScopes.reduce(oneToken.union(requiredScopes)), targets);
  }

  #digest(credential: readonly string[]): string {
    const { authorizationServer, clientId, parameters, wireFormat, connection, variant } = this.options;
    return digest([
      authorizationServer,
      clientId,
      ...credential,
      ...Object.entries(parameters).toSorted().flat(),
      ...wireFormatParts(wireFormat),
      ...(connection === undefined ? [] : [connection]),
      ...(variant === undefined ? [] : ['variant', variant]),
    ]);
  }
}
