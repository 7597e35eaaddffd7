import type { AccessTokens, Issuing } from './access-tokens.js';
import type { ClientAuthenticator } from './client-authentication.js';
import type { RegisteredClient } from './clients.js';
import type { Grant } from './grant.js';
import { OAuthError } from './oauth-error.js';
import { checkForm, parameter, type TokenCall } from './token-call.js';

/** RFC 6749 §3.3: scope-token *( SP scope-token ) */
const scopeSyntax = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;

export interface IssuingPolicy extends Issuing {
  /** Whether the last token of the same grant is handed out again while it lives. */
  sameTokenAgain: boolean;
}

/** The honest answer, before any misbehaviour. */
export interface Decision {
  /** `issued`, `repeated` or the error code. */
  outcome: string;
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Of the JSON answer. */
  fields: Readonly<Record<string, unknown>>;
}

/** Grant type client_credentials (RFC 6749 §4.4) with resource indicators (RFC 8707). */
export class TokenEndpoint {
  constructor(
    private readonly authenticator: ClientAuthenticator,
    private readonly tokens: AccessTokens,
    private readonly defaultAudience: string,
  ) {}

  async decide(call: TokenCall, policy: IssuingPolicy): Promise<Decision> {
    try {
      checkForm(call);
      const client = await this.authenticator.authenticate(call);
      return await this.#token(this.#grant(client, call), policy);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return refusal(error, call);
    }
  }

  #grant(client: RegisteredClient, call: TokenCall): Grant {
    const grantType = parameter(call, 'grant_type');
    if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
    if (grantType !== 'client_credentials') {
      throw new OAuthError('unsupported_grant_type', 'only client_credentials is supported');
    }
    const scopes = grantedScopes(client, parameter(call, 'scope'));
    const resources = grantedResources(client, call);
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

function grantedScopes(client: RegisteredClient, asked: string | undefined): readonly string[] {
  if (asked === undefined) return client.scopes;
  if (!scopeSyntax.test(asked)) throw new OAuthError('invalid_scope', 'scope is malformed');
  const scopes = [...new Set(asked.split(' '))];
  const unassigned = scopes.find((scope) => !client.mayAskFor(scope));
  if (unassigned !== undefined) {
    throw new OAuthError('invalid_scope', `${unassigned} is unknown or not assigned to this client`);
  }
  const missing = client.requiredScopes.find((scope) => !scopes.includes(scope));
  if (missing !== undefined) throw new OAuthError('invalid_scope', `${missing} is required in all requests`);
  return scopes;
}

function grantedResources(client: RegisteredClient, call: TokenCall): readonly string[] {
  const resources = [...new Set(call.parameters.getAll('resource'))].filter((resource) => resource !== '');
  if (resources.every((resource) => client.resources.has(resource))) return resources;
  throw new OAuthError('invalid_target', 'a resource is not registered for this client');
}

/** RFC 6749 §5.2: who tried by the Authorization header is told which scheme would do. */
function refusal(error: OAuthError, call: TokenCall): Decision {
  const challenged = error.code === 'invalid_client' && call.authorization !== undefined;
  return {
    outcome: error.code,
    status: error.status,
    headers: challenged ? { 'www-authenticate': 'Basic realm="token endpoint"' } : {},
    fields: { error: error.code, error_description: error.message },
  };
}
