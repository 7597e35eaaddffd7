import type { ApiKey } from '#consumers/api-key.js';
import type { CertificateIdentity } from '#consumers/client-certificate.js';
import type { WorkloadIdentity } from '#consumers/workload-rule.js';
import type { KeyRotation } from '#oauth/keys/managed-key-set.js';
import type { ClientCredential } from '#oauth/request/client-credential.js';
import type { RedisOptions } from '#redis/connection/redis-options.js';
import type { EncryptionKey } from '#redis/tokens/key-ring.js';
import type { Proxy } from '#http/proxy.js';
import type { ClientOptions } from '#tokens/model/client.js';
import type { ScopeSet } from '#tokens/model/scope-set.js';
import type { PresetName } from './presets.js';
import type { Secret } from '#tokens/model/secret.js';
import type { WorkloadIssuer } from '#workloads/trusted-issuer.js';
import type { AuditFormat } from '../audit/audit-fields.js';
import type { OperatorRole } from './schema/management.js';
import type { TlsVersion } from './schema/listen.js';

/** Of the keys that the broker makes itself. */
export interface ManagedKeysSettings extends Readonly<KeyRotation> {
  /** Absolute; undefined where they are kept with the tokens. */
  readonly folder: string | undefined;
  /** Whether there is a place to keep them in. */
  readonly isPossible: boolean;
}

/** One version of the settings: checked, frozen, with all files read. Durations are milliseconds. */
export interface Settings {
  readonly listen: ListenSettings;
  /** Milliseconds from a stop signal until connections are closed. */
  readonly drainTime: number;
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly audit: AuditSettings;
  readonly management: ManagementSettings;
  /** Where consumers reach the broker. */
  readonly publicUrl?: string | undefined;
  /** Omitted: tokens live in this process's memory. */
  readonly store?: { readonly redis: RedisSettings } | undefined;
  readonly managedKeys: ManagedKeysSettings;
  readonly clients: Readonly<Record<string, ClientSettings>>;
  readonly consumers: Readonly<Record<string, ConsumerSettings>>;
  readonly workloadIssuers: Readonly<Record<string, WorkloadIssuer>>;
  /** The same as long as nothing changes of them. */
  readonly issuersVersion?: string | undefined;
}

export interface AuditSettings {
  readonly fields: AuditFormat;
  /** Seals the heads of the chain, in base64; undefined without a chain. */
  readonly chainKey?: Secret | undefined;
}

export interface ManagementSettings extends ListenSettings {
  /** Host names, in lower case, by which the port may be reached besides those that are private anyway. */
  readonly hosts: readonly string[];
  /** Where the runbook is, relative to the status page or absolute; `#` and the name of an alert are appended. */
  readonly runbookUrl: string;
  readonly dashboardUrl?: string | undefined;
  /** Where operators reach it, without a slash at the end. */
  readonly publicUrl?: string | undefined;
  /** Omitted: anyone who reaches the port may do everything. */
  readonly authentication?: OperatorAuthentication | undefined;
}

/** How operators authenticate: any of these ways. */
export interface OperatorAuthentication {
  readonly keys: readonly OperatorKey[];
  readonly oidc?: OperatorOidc | undefined;
  readonly proxy?: OperatorProxy | undefined;
}

export interface OperatorKey {
  readonly name: string;
  readonly keys: readonly ApiKey[];
  readonly role: OperatorRole;
}

/** `*` among them: everyone who is authenticated. */
type GroupsOfRoles = Readonly<Partial<Record<OperatorRole, readonly string[]>>>;

export interface OperatorOidc {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: Secret | undefined;
  /** PEM. */
  readonly ca?: string | undefined;
  readonly scopes: readonly string[];
  readonly groupsClaim: string;
  readonly roles: GroupsOfRoles;
  readonly sessionLifetime: number;
}

export interface OperatorProxy {
  readonly addresses: readonly string[];
  /** In lower case. */
  readonly userHeader: string;
  readonly groupsHeader: string;
  readonly roles: GroupsOfRoles;
}

export interface ListenSettings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: TlsSettings | undefined;
}

export interface TlsSettings {
  /** PEM: the certificate and those between it and its root. */
  readonly certificate: string;
  /** PEM. */
  readonly key: Secret;
  /** PEM: the authorities whose client certificates are asked for and accepted. */
  readonly clientCa?: string | undefined;
  readonly minVersion: TlsVersion;
}

export interface RedisSettings extends Readonly<RedisOptions> {
  readonly url?: Secret | undefined;
  readonly password?: Secret | undefined;
  readonly lockNodes?: readonly Secret[] | undefined;
  readonly certificate?: { readonly certificate: string; readonly key: Secret } | undefined;
  /** One or more; the first seals, all open. */
  readonly encryptionKeys: readonly EncryptionKey[];
}

export type ClientScopes = Readonly<
  Pick<ClientOptions, 'scopes' | 'requiredScopes' | 'impliedScopes' | 'preload'>
>;

export interface ClientSettings extends Readonly<Omit<ClientOptions, 'authorizationServer' | 'credentials'>> {
  /** The same as long as nothing changes of which it is made. */
  readonly version?: string | undefined;
  /** Whose settings are in force where the file has none. */
  readonly preset?: PresetName | undefined;
  /** Either this or `issuer`. */
  readonly tokenEndpoint?: string | undefined;
  readonly issuer?: string | undefined;
  readonly revocationEndpoint?: string | undefined;
  /** First choice first: one, or two secrets during a rotation. */
  readonly credentials: readonly ClientCredential[];
  readonly jwksUri?: string | undefined;
  /** Milliseconds; 0: never. */
  readonly jwksCheckInterval?: number;
  /** PEM: the authorities to trust instead of those of Node.js. */
  readonly ca?: string | undefined;
  /** Further ones of each token request. */
  readonly headers?: Readonly<Record<string, Secret>> | undefined;
  /** By which https is reached that it does not except. */
  readonly proxy?: Proxy | undefined;
}

export interface AllowSettings {
  readonly client: string;
  readonly scopes: ScopeSet;
  /** Where it stands in its consumer, or the policy that it comes from: `['allow', 0]`, `['policies', 'readers', 0]`. */
  readonly place: readonly [string, ...(string | number)[]];
  /** The scopes are for these alone; undefined: for any of the client, and for none. */
  readonly resources?: readonly string[] | undefined;
  /** As `parseAuthorizationDetails` returns them. */
  readonly authorizationDetails?: readonly string[];
}

export interface ConsumerSettings {
  readonly name: string;
  readonly keys: readonly ApiKey[];
  readonly workload?: WorkloadIdentity | undefined;
  readonly certificates?: readonly CertificateIdentity[] | undefined;
  readonly maxRequestsPerSecond: number;
  /** `audit`: what `allow` refuses is granted within the scopes of the client. */
  readonly mode: 'enforce' | 'audit';
  /** The entries of policies in place of their names. */
  readonly allow: readonly AllowSettings[];
}
