import { ClientForm } from './client-form.js';
import { ConsumerForm } from './consumer-form.js';
import { Described } from './described.js';
import { ListenForm, ManagementForm } from './listen-form.js';
import { Named, One } from './nested.js';
import { Whole } from './numbers.js';
import { Optional, Required } from './presence.js';
import { RenewalForm } from './renewal-form.js';
import { StoreForm } from './store-form.js';
import { IsHttpsUrl } from './urls.js';
import { WorkloadIssuerForm } from './workload-issuer-form.js';

@Described('Settings of the token broker. ${VAR} and ${VAR:-default} are replaced in any text.')
export class SettingsForm {
  @Described("Where the consumers' side listens.")
  @One(ListenForm)
  listen = new ListenForm();

  @Described("Where the operators' side listens.")
  @One(ManagementForm)
  management = new ManagementForm();

  @Described(
    'Where consumers reach the broker, for its OAuth metadata. Omitted: at the host that they ask, by http.',
  )
  @Optional()
  @IsHttpsUrl({ query: false })
  publicUrl?: string;

  @Described("Where tokens are kept. Omitted: in this process's memory, for a single replica.")
  @Optional()
  @One(StoreForm)
  store?: StoreForm;

  @Described('When tokens are renewed, for all clients.')
  @Optional()
  @One(RenewalForm)
  renewal?: RenewalForm;

  @Described('Requests that a replica answers each consumer in a second.')
  @Whole(1, 1_000_000)
  maxRequestsPerSecond = 5_000;

  @Described('OAuth clients, by a name of your choice.')
  @Required()
  @Named(ClientForm, 1)
  clients!: Map<string, ClientForm>;

  @Described('Internal services, by a name of your choice.')
  @Required()
  @Named(ConsumerForm, 1)
  consumers!: Map<string, ConsumerForm>;

  @Described('Issuers of workload JWTs, by a name of your choice.')
  @Named(WorkloadIssuerForm, 0)
  workloadIssuers: Map<string, WorkloadIssuerForm> = new Map();
}
