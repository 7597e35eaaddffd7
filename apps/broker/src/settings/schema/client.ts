import { IsBoolean, IsIn } from 'class-validator';
import { type PresetName, presetNames } from '../presets.js';
import { ClientCredentialSchema } from './client-credential.js';
import { MaxTokenRequestsSchema } from './max-token-requests.js';
import { IsProxy, type ProxySchema } from './proxy.js';
import { RenewalSchema } from './renewal.js';
import { One } from './nested.js';
import { Description, Duration, HttpsUrl, Line, Optional, Required, TextList, Whole } from './rules.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';
import {
  IsListOfScopeLists,
  IsParameters,
  IsResourceList,
  IsScopeList,
  IsScopesByScope,
} from './token-parameters.js';
import {
  type HeadersSetting,
  IsHeaders,
  IsResponseFields,
  IsScopeSeparator,
  type ResponseFields,
} from './wire-format.js';

const grants = ['client_credentials', 'jwt-bearer'] as const;

@Description('An OAuth client, registered at an authorization server.', {
  oneOf: [
    { required: ['tokenEndpoint'] },
    { required: ['issuer'] },
    { required: ['preset'], properties: { tokenEndpoint: false, issuer: false } },
  ],
})
export class ClientSchema extends ClientCredentialSchema {
  @Description('Settings for a vendor, which this client may override: see docs/reference/presets.md.')
  @Optional()
  @IsIn(presetNames, { message: `must be one of ${presetNames.join(', ')}` })
  preset?: PresetName;

  @Description(
    'Authorization grant: `client_credentials` (RFC 6749 §4.4), or `jwt-bearer` (RFC 7523 §2.1): an assertion that `privateKey` signs, as Google service accounts, Salesforce, DocuSign and STACKIT want it.',
  )
  @IsIn(grants, { message: `must be one of ${grants.join(', ')}` })
  grant: (typeof grants)[number] = 'client_credentials';

  @Description('Token endpoint of the authorization server. Either this or `issuer`.')
  @Optional()
  @HttpsUrl()
  tokenEndpoint?: string;

  @Description('Issuer, whose metadata names the token endpoint (RFC 8414, OpenID Connect Discovery).')
  @Optional()
  @HttpsUrl({ query: false })
  issuer?: string;

  @Description(
    'Where tokens are revoked (RFC 7009), by a purge or `revokeOnRemoval`. Default: by the metadata of the issuer.',
  )
  @Optional()
  @HttpsUrl()
  revocationEndpoint?: string;

  @Description(
    'Where the authorization server publishes the keys that sign its tokens (RFC 7517). Default: by the metadata of the issuer.',
    { examples: ['https://auth.example/.well-known/jwks.json'] },
  )
  @Optional()
  @HttpsUrl()
  jwksUri?: string;

  @Description(
    'Seconds between two looks at those keys: a token whose key is published no more is renewed. 0: never.',
  )
  @Duration(0, 3_600)
  jwksCheckInterval: number = 60;

  @Description('Whether the tokens of this client are revoked when it is taken out of the settings.')
  @IsBoolean({ message: 'must be true or false' })
  revokeOnRemoval: boolean = false;

  @Description(
    'For servers where a new token invalidates the previous one: all requests share one token, with all scopes that consumers may have of this client.',
  )
  @IsBoolean({ message: 'must be true or false' })
  oneTokenPerClient: boolean = false;

  @Description('Client identifier (RFC 6749 §2.2).')
  @Required()
  @Line()
  clientId!: string;

  @Description(
    'Certificates of the authorities to trust for this authorization server, PEM. Default: those of Node.js.',
  )
  @Optional()
  @IsTextOrFile()
  ca?: TextOrFile;

  @Description('HTTP proxy to the authorization server. Default: as at the top level.')
  @Optional()
  @IsProxy()
  proxy?: ProxySchema;

  @Description('All scopes that the authorization server assigned to this client.')
  @IsScopeList()
  scopes: string[] = [];

  @Description('Scopes added to every token request of this client.')
  @IsScopeList()
  requiredScopes: string[] = [];

  @Description('Scopes that include others: scope -> those that it includes.')
  @IsScopesByScope()
  impliedScopes: Record<string, string[]> = {};

  @Description('Further parameters of every token request, such as `audience`.')
  @IsParameters()
  parameters: Record<string, string> = {};

  @Description(
    'Further headers of every token request, such as `x-api-key` of an API gateway. Values may be secrets.',
    { examples: [{ 'x-api-key': { file: '/run/secrets/gateway-key' } }] },
  )
  @IsHeaders()
  headers: HeadersSetting = {};

  @Description('How the parameters of a token request are sent: `form` (RFC 6749), or `json`.')
  @IsIn(['form', 'json'], { message: 'must be one of form, json' })
  bodyFormat: 'form' | 'json' = 'form';

  @Description('What stands between two scopes, in requests and responses.')
  @IsScopeSeparator()
  scopeSeparator = ' ';

  @Description(
    'Where the response has its fields, for servers that have them elsewhere: `access_token: data.token`. `expires_at` is an instant instead of `expires_in`.',
    { examples: [{ access_token: 'data.token', expires_at: 'data.expires' }] },
  )
  @IsResponseFields()
  responseFields: ResponseFields = {};

  @Description('Resources (RFC 8707) that consumers may ask tokens for.')
  @IsResourceList()
  resources: string[] = [];

  @Description(
    'Values of `token_type` besides Bearer whose tokens are used as Bearer tokens, such as `BearerToken`.',
  )
  @TextList(
    /^(?!(?:dpop|mac|n_a|pop)$)[\w.:/-]+(?: [\w.:/-]+)*$/i,
    'is a token type other than DPoP, MAC, PoP and N_A, which need more than a header',
  )
  acceptTokenTypes: string[] = [];

  @Description('Seconds that a token lives when the response has no `expires_in`.')
  @Duration(10, 86_400, { whole: true })
  defaultLifetime: number = 300;

  @Description('Seconds in all for one token request.')
  @Duration(0.1, 60)
  timeout: number = 10;

  @Description('Token requests that the authorization server gets in a minute at most.')
  @Whole(1, 100_000)
  maxTokenRequestsPerMinute: number = 60;

  @Description('Quotas of the authorization server for this client; all replicas together keep to them.')
  @Optional()
  @One(MaxTokenRequestsSchema)
  maxTokenRequests?: MaxTokenRequestsSchema;

  @Description('Seconds that a token is used at most, whatever the response says.')
  @Duration(60, 2_678_400, { whole: true })
  maxLifetime: number = 86_400;

  @Description('Scope sets for which a token is kept ready from the start.', {
    examples: [[['api:partner']]],
  })
  @IsListOfScopeLists()
  preload: string[][] = [];

  @Description('When the tokens of this client are renewed.')
  @Optional()
  @One(RenewalSchema)
  renewal?: RenewalSchema;
}
