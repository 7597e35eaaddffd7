import { ClientAuthenticationForm } from './client-authentication-form.js';
import { Described } from './described.js';
import { One } from './nested.js';
import { Decimal, Whole } from './numbers.js';
import { IsParameters } from './parameter-rules.js';
import { Optional, Required } from './presence.js';
import { RenewalForm } from './renewal-form.js';
import { IsListOfScopeLists, IsScopeList, IsScopeListByScope } from './scope-rules.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';
import { Line } from './texts.js';
import { IsHttpsUrl, IsResourceList } from './urls.js';

@Described('An OAuth client, registered at an authorization server.', {
  oneOf: [{ required: ['tokenEndpoint'] }, { required: ['issuer'] }],
})
export class ClientForm extends ClientAuthenticationForm {
  @Described('Token endpoint of the authorization server. Either this or `issuer`.')
  @Optional()
  @IsHttpsUrl()
  tokenEndpoint?: string;

  @Described('Issuer, whose metadata tells the token endpoint (RFC 8414, OpenID Connect Discovery).')
  @Optional()
  @IsHttpsUrl({ query: false })
  issuer?: string;

  @Described('Client identifier (RFC 6749 §2.2).')
  @Required()
  @Line()
  clientId!: string;

  @Described(
    'Certificates of the authorities to trust for this authorization server, PEM. Default: those of Node.js.',
  )
  @Optional()
  @IsTextOrFile()
  ca?: TextOrFile;

  @Described('All scopes that the authorization server assigned to this client.')
  @IsScopeList()
  scopes: string[] = [];

  @Described('Scopes added to every token request of this client.')
  @IsScopeList()
  requiredScopes: string[] = [];

  @Described('Scopes that include others: scope -> those that it includes.')
  @IsScopeListByScope()
  impliedScopes: Record<string, string[]> = {};

  @Described('Further parameters of every token request, such as `audience`.')
  @IsParameters()
  parameters: Record<string, string> = {};

  @Described('Resources (RFC 8707) that consumers may ask tokens for.')
  @IsResourceList()
  resources: string[] = [];

  @Described('Seconds that a token lives when the answer has no `expires_in`.')
  @Whole(10, 86_400)
  defaultLifetime: number = 300;

  @Described('Seconds in all for one token request.')
  @Decimal(0.1, 60)
  timeout: number = 10;

  @Described('Token requests that the authorization server gets in a minute at most.')
  @Whole(1, 100_000)
  maxTokenRequestsPerMinute: number = 60;

  @Described('Scope sets for which a token is kept ready from the start.', { examples: [[['api:partner']]] })
  @IsListOfScopeLists()
  preload: string[][] = [];

  @Described('When the tokens of this client are renewed.')
  @Optional()
  @One(RenewalForm)
  renewal?: RenewalForm;
}
