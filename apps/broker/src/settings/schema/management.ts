import { applyDecorators } from '@nestjs/common';
import { IsIn } from 'class-validator';
import { IsKeyList, type KeySetting } from './api-key.js';
import { ListenSchema, TlsSchema } from './listen.js';
import { Named, One, OneOrText } from './nested.js';
import {
  AddressList,
  Check,
  Description,
  Duration,
  HttpsUrl,
  isMapping,
  Line,
  Optional,
  Required,
  Text,
  TextList,
  Whole,
} from './rules.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';

/** Each may do what the ones before it may. */
export const operatorRoles = ['scraper', 'viewer', 'operator'] as const;
export type OperatorRole = (typeof operatorRoles)[number];

const groupsOfRoles = {
  type: 'object',
  minProperties: 1,
  properties: Object.fromEntries(
    operatorRoles.map((role) => [role, { type: 'array', items: { type: 'string', minLength: 1 } }]),
  ),
  additionalProperties: false,
};

/** From role to groups. */
function GroupsOfRoles(): PropertyDecorator {
  const message = `must be a mapping from ${operatorRoles.join(', ')} to lists of groups in quotes`;
  const check = Check(groupsOfRoles, (value) => {
    const entries = isMapping(value) ? Object.entries(value) : [];
    const isFine = ([role, groups]: [string, unknown]) =>
      operatorRoles.includes(role as OperatorRole) &&
      Array.isArray(groups) &&
      groups.every((group) => typeof group === 'string' && group !== '');
    return entries.length > 0 && entries.every(isFine) ? undefined : message;
  });
  const described = Description(
    'The groups of each role; `*` stands for everyone who is authenticated. A viewer sees what a scraper does, an operator what a viewer does.',
    { examples: [{ viewer: ['*'], operator: ['platform-team'] }] },
  );
  return applyDecorators(described, Required(), check);
}

export type GroupsByRole = Partial<Record<OperatorRole, string[]>>;

@Description('A program that reaches the management port by a key.')
export class OperatorKeySchema {
  @Description(
    'SHA-256 of each of its keys, or { hash, createdAt, expiresAt, maxAge }; several while one is rotated. `token-broker key` makes both.',
  )
  @Required()
  @IsKeyList()
  keys!: KeySetting[];

  @Description('What it may do: `scraper` reads metrics, `viewer` reads all, `operator` renews and purges.')
  @Required()
  @IsIn(operatorRoles, { message: `must be one of ${operatorRoles.join(', ')}` })
  role!: OperatorRole;
}

@Description('People log in at an OpenID provider (authorization code with PKCE).')
export class OperatorOidcSchema {
  @Description('The issuer; its metadata are at /.well-known/openid-configuration.', {
    examples: ['https://id.example'],
  })
  @Required()
  @HttpsUrl({ query: false })
  issuer!: string;

  @Description(
    'Client id of the broker there. Its redirect URI is `management.publicUrl` and /login/callback.',
  )
  @Required()
  @Line()
  clientId!: string;

  @Description('Client secret; a public client has none.')
  @Optional()
  @IsTextOrFile()
  clientSecret?: TextOrFile;

  @Description('Certificates of the authorities to trust for the provider, PEM.')
  @Optional()
  @IsTextOrFile()
  ca?: TextOrFile;

  @Description('Scopes to request, `openid` included.', { examples: [['openid', 'profile', 'groups']] })
  @TextList(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'is a scope in quotes')
  scopes: string[] = ['openid', 'profile', 'email'];

  @Description(
    'The claim of the ID token that lists the groups of a person; dots lead into a claim that is an object: `realm_access.roles`.',
  )
  @Line()
  groupsClaim = 'groups';

  @GroupsOfRoles()
  roles!: GroupsByRole;

  @Description('Seconds after which a person logs in again.')
  @Duration(60, 604_800)
  sessionLifetime = 28_800;
}

@Description('An authenticating proxy in front of the management port names who asks in a header.')
export class OperatorProxySchema {
  @Description('Addresses and networks (10.0.0.0/8) of the proxy; headers of others are ignored.')
  @Required()
  @AddressList()
  addresses!: string[];

  @Description('Header with the name of the person.', { examples: ['x-auth-request-email'] })
  @Text(/^[a-z0-9-]{1,64}$/, 'must be the name of a header in lower case')
  userHeader = 'x-forwarded-user';

  @Description('Header with the groups of the person, separated by commas.')
  @Text(/^[a-z0-9-]{1,64}$/, 'must be the name of a header in lower case')
  groupsHeader = 'x-forwarded-groups';

  @GroupsOfRoles()
  roles!: GroupsByRole;
}

@Description('How callers of the management port authenticate: one way or several.', { minProperties: 1 })
export class ManagementAuthenticationSchema {
  @Description('Programs with keys, by a name of your choice, which the audit shows.')
  @Optional()
  @Named(OperatorKeySchema, 1)
  bearer?: Record<string, unknown>;

  @Description('People, at an OpenID provider.')
  @Optional()
  @One(OperatorOidcSchema)
  oidc?: OperatorOidcSchema;

  @Description('People, by an authenticating proxy.')
  @Optional()
  @One(OperatorProxySchema)
  proxy?: OperatorProxySchema;
}

/** What people open in a browser: inside a network often by http. */
const pageUrl = /^(runbook|https?:\/\/[^\s#@]+)$/;
const pageUrlFault = 'must be a URL that begins with https:// or http://, without # and without a password';

@Description('Where the management API listens: health, metrics, status page.')
export class ManagementSchema extends ListenSchema {
  @Description('Address or host name to bind to; 0.0.0.0 for all interfaces.')
  @Text(/^[\w.:-]+$/, 'must be an IP address or a host name')
  override host = '127.0.0.1';

  @Description('TCP port; 0 takes any free one.')
  @Whole(0, 65_535)
  override port: number = 9090;

  @Description('Serves by TLS. Omitted: plain HTTP.')
  @Optional()
  @One(TlsSchema)
  override tls?: TlsSchema = undefined;

  @Description(
    'Host names by which operators reach it, such as that of an Ingress. IP addresses, localhost, names without a dot and names in the cluster are always accepted; others are answered 421 (DNS rebinding).',
  )
  @TextList(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'must be a host name without port')
  hosts: string[] = [];

  @Description('Where operators reach it in their browsers; needed for `oidc`. Its host is one of `hosts`.', {
    examples: ['https://token-broker.example'],
  })
  @Optional()
  @HttpsUrl({ query: false })
  publicUrl?: string;

  @Description(
    'How callers authenticate. `none`, or omitted: anyone who reaches the port may do everything. /livez and /readyz are for anyone always.',
  )
  @OneOrText('none', ManagementAuthenticationSchema)
  authentication: 'none' | ManagementAuthenticationSchema = 'none';

  @Description(
    'Where operators read the runbook; the name of an alert is appended as #tokenbrokerredisdown. Omitted: the page /runbook of the broker itself.',
  )
  @Text(pageUrl, pageUrlFault)
  runbookUrl = 'runbook';

  @Description('The dashboard of the broker, linked from the status page.')
  @Optional()
  @Text(pageUrl, pageUrlFault)
  dashboardUrl?: string;
}
