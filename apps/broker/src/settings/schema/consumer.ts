import { IsIn, ValidateIf } from 'class-validator';
import { IsKeyList, type KeySetting } from './api-key.js';
import { IsScopeList } from './token-parameters.js';
import { isAuthorizationDetail } from '#tokens/model/authorization-details.js';
import { ListOf, One, OneOrList } from './nested.js';
import { Check, Description, Line, Optional, Required, TextList, Whole } from './rules.js';
import { CertificateSchema, WorkloadSchema } from './workload.js';

const modes = ['enforce', 'audit'] as const;

/** Where an entry names a policy, that has the rest. */
function unlessPolicy(): PropertyDecorator {
  return ValidateIf(({ policy }: AllowSchema) => policy === undefined);
}

@Description(
  'What a consumer may have of one client: any subset of these scopes, and what they include. Or a policy that has such entries.',
  { oneOf: [{ required: ['client', 'scopes'] }, { required: ['policy'], maxProperties: 1 }] },
)
export class AllowSchema {
  @Description('Name in `policies`, in place of all else.')
  @Optional()
  @Line()
  policy?: string;

  @Description('Name of the client in `clients`.')
  @unlessPolicy()
  @Required()
  @Line()
  client!: string;

  @Description('Scopes of that client.')
  @unlessPolicy()
  @Required()
  @IsScopeList()
  scopes!: string[];

  @Description(
    'Authorization details (RFC 9396) that it may ask for besides: each as a whole, whatever the order of its keys.',
    { examples: [[{ type: 'payment_initiation', actions: ['initiate'] }]] },
  )
  @Check(
    {
      type: 'array',
      items: { type: 'object', properties: { type: { type: 'string', minLength: 1 } }, required: ['type'] },
    },
    (value) =>
      Array.isArray(value) && value.every(isAuthorizationDetail)
        ? undefined
        : 'must be a list of mappings with a `type` (RFC 9396)',
  )
  authorizationDetails: object[] = [];

  @Description(
    'Resources of that client (RFC 8707) that these scopes are for. A request without `resource` is for all of them. Omitted: for any resource of the client, and for none.',
    { examples: [['https://api.example/orders']] },
  )
  @Optional()
  @TextList(/^[\x21-\x7e]+$/, 'is an absolute URI in quotes')
  resources?: string[];
}

@Description('An internal service that asks for tokens.', {
  anyOf: [{ required: ['keys'] }, { required: ['workload'] }, { required: ['certificate'] }],
})
export class ConsumerSchema {
  @Description(
    'SHA-256 of each of its API keys, or { hash, createdAt, expiresAt, maxAge }; several while one is rotated. `npm run key` makes a key and this.',
  )
  @Optional()
  @IsKeyList()
  keys?: KeySetting[];

  @Description('Its workload identity.')
  @Optional()
  @One(WorkloadSchema)
  workload?: WorkloadSchema;

  @Description('Its client certificate, or several that are its own. Needs `listen.tls.clientCa`.')
  @Optional()
  @OneOrList(CertificateSchema)
  certificate?: CertificateSchema | CertificateSchema[];

  @Description('Requests that a replica answers it in a second, instead of the number for all.')
  @Optional()
  @Whole(1, 1_000_000)
  maxRequestsPerSecond?: number;

  @Description(
    '`audit` grants what `allow` refuses, within the scopes of the client, and logs and counts it: to introduce rules without an outage.',
  )
  @IsIn(modes, { message: `must be one of ${modes.join(', ')}` })
  mode: (typeof modes)[number] = 'enforce';

  @Description('What it may have; nothing else is given to it.')
  @Required()
  @ListOf(AllowSchema)
  allow!: AllowSchema[];
}
