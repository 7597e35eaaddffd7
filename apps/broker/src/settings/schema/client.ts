import { IsBoolean, IsIn } from 'class-validator';
import { scopeToken } from '#tokens/model/scope-set.js';
import { signingAlgorithms, type SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import { MaxTokenRequestsSchema } from './max-token-requests.js';
import {
  Check,
  Decimal,
  Description,
  Duration,
  HttpsUrl,
  isMapping,
  IsLineOrPair,
  Line,
  One,
  Optional,
  Required,
  TextList,
  Whole,
} from './rules.js';
import {
  type HeadersSetting,
  IsHeaders,
  IsResponseFields,
  IsScopeSeparator,
  type ResponseFields,
} from './wire-format.js';
import { type PresetName, presetNames } from '../presets.js';
import { IsProxy, type ProxySchema } from './proxy.js';
import { AssertionSchema, ClientAssertionSchema } from './assertion.js';
import { IsSecretOrRotation, IsTextOrFile, type TextOrFile } from './text-or-file.js';

export const clientAuthentications = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'client_assertion',
  'none',
] as const;

const grants = ['client_credentials', 'jwt-bearer'] as const;

/** Those that the broker itself puts into a token request. */
export const ownParameters = [
  'client_id',
  'client_secret',
  'grant_type',
  'scope',
  'resource',
  'client_assertion',
  'client_assertion_type',
  'assertion',
];

const instant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
const instantSchema = { type: 'string', pattern: instant.source };

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && instant.test(value) && !Number.isNaN(Date.parse(value));
}

const scopeListSchema = { type: 'array', items: { type: 'string', pattern: scopeToken.source } };

export function IsScopeList(): PropertyDecorator {
  return TextList(scopeToken, 'is a scope: visible ASCII without " and \\ and spaces (RFC 6749)');
}

function isScopeList(value: unknown): boolean {
  return Array.isArray(value) && value.every((scope) => typeof scope === 'string' && scopeToken.test(scope));
}

/** In the units of the file: shares of the lifetime, and seconds. */
export const renewalDefaults = { at: 0.8, jitter: 0.05, minRemaining: 60, idleAfter: 3600 };

@Description('When tokens are renewed. What a client leaves out is taken from the top level.')
export class RenewalSchema {
  @Description('Share of the lifetime after which a token is renewed.', { default: renewalDefaults.at })
  @Optional()
  @Decimal(0.1, 0.95)
  at?: number;

  @Description(
    'Share of the lifetime by which that moment is moved at random, to both sides; less than `at`.',
    { default: renewalDefaults.jitter },
  )
  @Optional()
  @Decimal(0, 0.2)
  jitter?: number;

  @Description('Seconds that a served token still lives, at most half of its lifetime.', {
    default: renewalDefaults.minRemaining,
  })
  @Optional()
  @Duration(0, 3600)
  minRemaining?: number;

  @Description('Seconds without demand after which a token is left to lapse.', {
    default: renewalDefaults.idleAfter,
  })
  @Optional()
  @Duration(1)
  idleAfter?: number;
}

@Description('An OAuth client, registered at an authorization server.', {
  oneOf: [
    { required: ['tokenEndpoint'] },
    { required: ['issuer'] },
    { required: ['preset'], properties: { tokenEndpoint: false, issuer: false } },
  ],
})
export class ClientSchema {
  @Description('Settings for a vendor, which this client may override: see docs/presets.md.')
  @Optional()
  @IsIn(presetNames, { message: `must be one of ${presetNames.join(', ')}` })
  preset?: PresetName;

  @Description(
    'Authorization grant: `client_credentials` (RFC 6749 §4.4), or `jwt-bearer` (RFC 7523 §2.1): an assertion that `privateKey` signs, as Google service accounts, Salesforce, DocuSign and STACKIT want it.',
  )
  @IsIn(grants, { message: `must be one of ${grants.join(', ')}` })
  grant: (typeof grants)[number] = 'client_credentials';

  @Description(
    'How the client authenticates (RFC 6749 §2.3.1, RFC 7523, RFC 8705). Default with the grant jwt-bearer: none.',
    { default: 'client_secret_basic' },
  )
  @Optional()
  @IsIn(clientAuthentications, { message: `must be one of ${clientAuthentications.join(', ')}` })
  clientAuthentication?: (typeof clientAuthentications)[number];

  @Description(
    'The secret, for client_secret_basic and client_secret_post. A list of two during a rotation: the second is tried when the first is refused.',
  )
  @Optional()
  @IsSecretOrRotation()
  clientSecret?: TextOrFile | TextOrFile[];

  @Description(
    'When the secret or key expires: a date or an instant (ISO 8601), or a list of one for each of two secrets. Of a certificate it is read.',
    { examples: ['2027-03-31'] },
  )
  @Optional()
  @Check(
    { anyOf: [instantSchema, { type: 'array', items: instantSchema, minItems: 1, maxItems: 2 }] },
    (value) => {
      const all: unknown[] = Array.isArray(value) ? value : [value];
      const areInstants = all.length > 0 && all.length <= 2 && all.every(isInstant);
      return areInstants ? undefined : 'must be a date such as 2027-03-31, or a list of one or two';
    },
  )
  expiresAt?: string | string[];

  @Description(
    'For client_secret_basic: how id and secret are encoded: `form` (RFC 6749 §2.3.1), or `none` for servers that do not decode them.',
  )
  @IsIn(['form', 'none'], { message: 'must be one of form, none' })
  basicEncoding: 'form' | 'none' = 'form';

  @Description(
    'For private_key_jwt and the grant jwt-bearer: the private key that signs the assertion, unencrypted PEM. A list of two during a rotation: the second is tried when the first is refused.',
  )
  @Optional()
  @IsSecretOrRotation()
  privateKey?: TextOrFile | TextOrFile[];

  @Description(
    'The `kid` under which the authorization server knows the private key; a list for a list of keys.',
  )
  @Optional()
  @IsLineOrPair()
  keyId?: string | string[];

  @Description(
    'For private_key_jwt and the grant jwt-bearer: how the assertion is signed. Default by the key: RS256, PS256, ES256, ES384, ES512 or EdDSA.',
  )
  @Optional()
  @IsIn(signingAlgorithms, { message: `must be one of ${signingAlgorithms.join(', ')}` })
  algorithm?: SigningAlgorithm;

  @Description(
    '`managed` in place of `privateKey`: the broker makes the keys itself, publishes them at /.well-known/jwks.json and rotates them.',
  )
  @Optional()
  @IsIn(['managed'], { message: 'must be managed' })
  keys?: 'managed';

  @Description('What the assertion says that `privateKey` signs.')
  @Optional()
  @One(AssertionSchema)
  assertion?: AssertionSchema;

  @Description(
    'The client certificate and those between it and its root, PEM. For tls_client_auth and self_signed_tls_client_auth; with any other client authentication it is shown besides. A list of two during a rotation.',
  )
  @Optional()
  @IsSecretOrRotation()
  certificate?: TextOrFile | TextOrFile[];

  @Description('The private key of the certificate, unencrypted PEM; a list for a list of certificates.')
  @Optional()
  @IsSecretOrRotation()
  key?: TextOrFile | TextOrFile[];

  @Description('For client_assertion: the JWT that the client presents instead of a secret.')
  @Optional()
  @One(ClientAssertionSchema)
  clientAssertion?: ClientAssertionSchema;

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

  @Description('Whether the tokens of this client are revoked when it is taken out of the settings.')
  @IsBoolean({ message: 'must be true or false' })
  revokeOnRemoval: boolean = false;

  @Description(
    'For servers where a new token ends the one before: all requests share one token, with all scopes that consumers may have of this client.',
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
  @Check({ type: 'object', additionalProperties: scopeListSchema }, (value) =>
    isMapping(value) && isScopeList(Object.keys(value)) && Object.values(value).every(isScopeList)
      ? undefined
      : 'must be a mapping from scopes to lists of scopes',
  )
  impliedScopes: Record<string, string[]> = {};

  @Description('Further parameters of every token request, such as `audience`.')
  @Check({ type: 'object', additionalProperties: { type: 'string' } }, parametersFault)
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
  @Check(
    { type: 'array', items: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9+.\\-]*:[^\\s#]+$' } },
    (value) =>
      Array.isArray(value) && value.every(isResource)
        ? undefined
        : 'must be a list of absolute URIs without fragment (RFC 8707)',
  )
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
  @Check({ type: 'array', items: scopeListSchema }, (value) =>
    Array.isArray(value) && value.every(isScopeList)
      ? undefined
      : 'must be a list of lists of scopes, such as [[api:partner]]',
  )
  preload: string[][] = [];

  @Description('When the tokens of this client are renewed.')
  @Optional()
  @One(RenewalSchema)
  renewal?: RenewalSchema;
}

function parametersFault(value: unknown): string | undefined {
  if (!isMapping(value)) return 'must be a mapping from parameter names to texts';
  if (!Object.values(value).every((text) => typeof text === 'string')) {
    return 'must have texts as values; put numbers into quotes';
  }
  const own = ownParameters.filter((name) => Object.hasOwn(value, name));
  return own.length > 0 ? `must not set ${own.join(', ')}: the broker does` : undefined;
}

/** Absolute URIs without fragment: resource indicators (RFC 8707 §2). */
function isResource(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9+.-]*:[^\s#]+$/i.test(value) && URL.canParse(value);
}
