import { IsScopeList } from './scope-list.js';
import { isAuthorizationDetail } from '#tokens/model/authorization-details.js';
import {
  Check,
  Description,
  Line,
  ListOf,
  One,
  OneOrList,
  Optional,
  Required,
  TextList,
  Whole,
} from './rules.js';
import { CertificateSchema, WorkloadSchema } from './workload.js';

@Description('What a consumer may have of one client: any subset of these scopes, and what they include.')
export class AllowSchema {
  @Description('Name of the client in `clients`.')
  @Required()
  @Line()
  client!: string;

  @Description('Scopes of that client.')
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
}

@Description('An internal service that asks for tokens.', {
  anyOf: [{ required: ['keys'] }, { required: ['workload'] }, { required: ['certificate'] }],
})
export class ConsumerSchema {
  @Description(
    'SHA-256 of each of its API keys; several while one is rotated. `npm run key` makes a key and this.',
  )
  @Optional()
  @TextList(/^sha256:[0-9a-fA-F]{64}$/, 'is "sha256:" and 64 hex digits')
  keys?: string[];

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

  @Description('What it may have; nothing else is given to it.')
  @Required()
  @ListOf(AllowSchema)
  allow!: AllowSchema[];
}
