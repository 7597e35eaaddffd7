import { Described } from './described.js';
import { ListOf, One } from './nested.js';
import { Whole } from './numbers.js';
import { Optional, Required } from './presence.js';
import { IsScopeList } from './scope-rules.js';
import { Line, TextList } from './texts.js';

@Described('What a consumer may have of one client: any subset of these scopes, and what they include.')
export class AllowForm {
  @Described('Name of the client in `clients`.')
  @Required()
  @Line()
  client!: string;

  @Described('Scopes of that client.')
  @Required()
  @IsScopeList()
  scopes!: string[];
}

@Described('A workload that authenticates by a JWT, such as that of a Kubernetes service account.')
export class WorkloadForm {
  @Described('Name of the issuer in `workloadIssuers`.')
  @Required()
  @Line()
  issuer!: string;

  @Described('The claim `sub` of its JWTs.', { examples: ['system:serviceaccount:finance:report'] })
  @Required()
  @Line()
  subject!: string;
}

@Described('An internal service that asks for tokens.', {
  anyOf: [{ required: ['keys'] }, { required: ['workload'] }],
})
export class ConsumerForm {
  @Described(
    'SHA-256 of each of its API keys; several while one is rotated. `npm run key` makes a key and this.',
  )
  @Optional()
  @TextList(/^sha256:[0-9a-fA-F]{64}$/, 'is "sha256:" and 64 hex digits')
  keys?: string[];

  @Described('Its workload identity.')
  @Optional()
  @One(WorkloadForm)
  workload?: WorkloadForm;

  @Described('Requests that a replica answers it in a second, instead of the number for all.')
  @Optional()
  @Whole(1, 1_000_000)
  maxRequestsPerSecond?: number;

  @Described('What it may have; nothing else is given to it.')
  @Required()
  @ListOf(AllowForm)
  allow!: AllowForm[];
}
