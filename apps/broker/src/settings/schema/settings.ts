import { ClientSchema, RenewalSchema } from './client.js';
import { ConsumerSchema } from './consumer.js';
import { IsProxy, type ProxySchema } from './proxy.js';
import { StoreSchema } from './redis.js';
import {
  AddressList,
  Decimal,
  Description,
  HttpsUrl,
  Named,
  One,
  Optional,
  Required,
  Text,
  TextList,
  Whole,
} from './rules.js';
import { WorkloadIssuerSchema } from './workload.js';

@Description('Where the consumer API listens: tokens are served here.')
export class ListenSchema {
  @Description('Address or host name to bind to; 127.0.0.1 for this machine only.')
  @Text(/^[\w.:-]+$/, 'must be an IP address or a host name')
  host = '0.0.0.0';

  @Description('TCP port; 0 takes any free one.')
  @Whole(0, 65_535)
  port: number = 8080;
}

/** What people open in a browser: inside a network often by http. */
const pageUrl = /^(runbook|https?:\/\/[^\s#@]+)$/;
const pageUrlFault = 'must be a URL that begins with https:// or http://, without # and without a password';

@Description('Where the management API listens: health, metrics, status page. Do not expose it.')
export class ManagementSchema extends ListenSchema {
  @Description('TCP port; 0 takes any free one.')
  @Whole(0, 65_535)
  override port: number = 9090;

  @Description(
    'Host names by which operators reach it, such as that of an Ingress. IP addresses, localhost, names without a dot and names in the cluster are always accepted; others are answered 421 (DNS rebinding).',
  )
  @TextList(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'must be a host name without port')
  hosts: string[] = [];

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

  @Description(
    'Where consumers reach the broker, for its OAuth metadata. Omitted: at the host that they ask, by http.',
  )
  @Optional()
  @HttpsUrl({ query: false })
  publicUrl?: string;

  @Description(
    'Seconds from SIGTERM for which connections are still served, each until its next response, before they are closed.',
  )
  @Decimal(0, 60)
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

  @Description('When tokens are renewed, for all clients.')
  @Optional()
  @One(RenewalSchema)
  renewal?: RenewalSchema;

  @Description('Requests that a replica answers each consumer in a second.')
  @Whole(1, 1_000_000)
  maxRequestsPerSecond = 5_000;

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
