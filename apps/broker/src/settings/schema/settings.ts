import { AuditSchema } from './audit.js';
import { ClientSchema } from './client.js';
import { RenewalSchema } from './renewal.js';
import { AllowSchema, ConsumerSchema } from './consumer.js';
import { IsProxy, type ProxySchema } from './proxy.js';
import { ListenSchema } from './listen.js';
import { ManagementSchema } from './management.js';
import { ManagedKeysSchema } from './managed-keys.js';
import { StoreSchema } from './redis.js';
import { Named, NamedLists, One } from './nested.js';
import { AddressList, Description, Duration, HttpsUrl, Optional, Required, Whole } from './rules.js';
import { WorkloadIssuerSchema } from './workload.js';

/** By name; each is validated separately. */
export type Entries = Record<string, unknown>;

@Description('Settings of the token broker. ${VAR} and ${VAR:-default} are replaced in any text.')
export class SettingsSchema {
  @Description('Where the consumer API listens.')
  @One(ListenSchema)
  listen = new ListenSchema();

  @Description('Where the management API listens.')
  @One(ManagementSchema)
  management = new ManagementSchema();

  @Description('What the audit lines look like.')
  @One(AuditSchema)
  audit = new AuditSchema();

  @Description(
    'Where consumers reach the broker, for its OAuth metadata. Omitted: at the host that they ask, by http.',
  )
  @Optional()
  @HttpsUrl({ query: false })
  publicUrl?: string;

  @Description(
    'Seconds from SIGTERM for which connections are still served, each until its next response, before they are closed.',
  )
  @Duration(0, 60)
  drainTime = 2;

  @Description(
    'Addresses and networks (10.0.0.0/8) of proxies in front of the broker, whose X-Forwarded-For is believed. Failed authentications are limited by the address behind them.',
  )
  @AddressList()
  trustedProxies: string[] = [];

  @Description("Where tokens are kept. Omitted: in this process's memory, for a single replica.")
  @Optional()
  @One(StoreSchema)
  store?: StoreSchema;

  @Description(
    'HTTP proxy to all authorization servers and workload issuers. Omitted: none, whatever the environment names.',
  )
  @Optional()
  @IsProxy()
  proxy?: ProxySchema;

  @Description('Signing keys that the broker makes itself, for clients with `keys: managed`.')
  @Optional()
  @One(ManagedKeysSchema)
  managedKeys?: ManagedKeysSchema;

  @Description('When tokens are renewed, for all clients.')
  @Optional()
  @One(RenewalSchema)
  renewal?: RenewalSchema;

  @Description('Requests that a replica answers each consumer in a second.')
  @Whole(1, 1_000_000)
  maxRequestsPerSecond = 5_000;

  @Description(
    'Age at which an API key of a consumer or an operator should be replaced, in seconds or as 90d: there is a warning, and it stays accepted. Counted from `createdAt` of the key.',
  )
  @Optional()
  @Duration(1)
  maxKeyAge?: number;

  @Description('Entries of `allow` that several consumers share, by a name of your choice.')
  @NamedLists(AllowSchema)
  policies: Entries = {};

  @Description('OAuth clients, by a name of your choice.')
  @Required()
  @Named(ClientSchema, 1)
  clients!: Entries;

  @Description('Internal services, by a name of your choice.')
  @Required()
  @Named(ConsumerSchema, 1)
  consumers!: Entries;

  @Description('Issuers of workload JWTs, by a name of your choice.')
  @Named(WorkloadIssuerSchema, 0)
  workloadIssuers: Entries = {};
}
