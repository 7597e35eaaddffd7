import type { AccessTokens, Grant, Issuing } from './access-tokens.js';
import { authenticate } from './client-authentication.js';
import { type Clients, mayRequest, type RegisteredClient } from './clients.js';
import { checkForm, OAuthError, parameter, statusOf, type TokenRequest } from './token-request.js';

/** RFC 6749 §3.3: scope-token *( SP scope-token ) */
const scopeSyntax = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;

export interface IssuingPolicy extends Issuing {
  /** Whether the last token of the same grant is issued again while it lives. */
  sameTokenAgain: boolean;
}

/** The honest response, before any misbehaviour. */
export interface Decision {
  /** `issued`, `repeated` or the error code. */
  outcome: string;
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Of the JSON response. */
  fields: Readonly<Record<string, unknown>>;
}

/** Grant type client_credentials (RFC 6749 §4.4) with resource indicators (RFC 8707). */
export class TokenEndpoint {
  constructor(
    private readonly clients: Clients,
    private readonly tokens: AccessTokens,
    private readonly defaultAudience: string,
  ) {}

  async decide(request: TokenRequest, policy: IssuingPolicy): Promise<Decision> {
    try {
      checkForm(request);
      const client = authenticate(request, this.clients);
      return await this.#token(this.#grant(client, request), policy);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return refusal(error, request);
    }
  }

  #grant(client: RegisteredClient, request: TokenRequest): Grant {
    const grantType = parameter(request, 'grant_type');
    if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
    if (grantType !== 'client_credentials') {
      throw new OAuthError('unsupported_grant_type', 'only client_credentials is supported');
    }
    const scopes = grantedScopes(client, parameter(request, 'scope'));
    const resources = [...new Set(request.parameters.getAll('resource'))].filter((each) => each !== '');
    if (!resources.every((each) => client.resources.includes(each))) {
      throw new OAuthError('invalid_target', 'a resource is not registered for this client');
    }
    return {
      clientId: client.id,
      scopes,
      audience: resources.length === 0 ? [this.defaultAudience] : resources,
    };
  }

  async #token(grant: Grant, policy: IssuingPolicy): Promise<Decision> {
    const last = policy.sameTokenAgain ? this.tokens.last(grant) : undefined;
    const token = last ?? (await this.tokens.issue(grant, policy));
    return {
      outcome: last === undefined ? 'issued' : 'repeated',
      status: 200,
      headers: {},
      fields: {
        access_token: token.value,
        token_type: 'Bearer',
        expires_in: last === undefined ? policy.lifetime : this.tokens.remaining(last),
        scope: grant.scopes.join(' '),
      },
    };
  }
}

function grantedScopes(client: RegisteredClient, requested: string | undefined): readonly string[] {
  if (requested === undefined) return client.scopes;
  if (!scopeSyntax.test(requested)) throw new OAuthError('invalid_scope', 'scope is malformed');
  const scopes = [...new Set(requested.split(' '))];
  const unassigned = scopes.find((scope) => !mayRequest(client, scope));
  if (unassigned !== undefined) {
    throw new OAuthError('invalid_scope', `${unassigned} is unknown or not assigned to this client`);
  }
  const missing = client.requiredScopes.find((scope) => !scopes.includes(scope));
  if (missing !== undefined) throw new OAuthError('invalid_scope', `${missing} is required in all requests`);
  return scopes;
}

/** RFC 6749 §5.2: a client that tried the Authorization header gets a challenge. */
function refusal({ code, message }: OAuthError, { headers }: TokenRequest): Decision {
  const challenged = code === 'invalid_client' && headers.authorization !== undefined;
  return {
    outcome: code,
    status: statusOf(code),
    headers: challenged ? { 'www-authenticate': 'Basic realm="token endpoint"' } : {},
    fields: { error: code, error_description: message },
  };
}
