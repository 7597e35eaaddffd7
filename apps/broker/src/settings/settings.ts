import type { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import type { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import type { ScopeSet } from '#tokens/model/scope-set.js';
import type { Secret } from '#tokens/model/secret.js';
import type { ClientAuthentication, SigningAlgorithm } from './schema/client-authentication-form.js';
import type { RedisSettings } from './redis-settings.js';

/** The settings in force: checked, frozen, with all files read. Durations are milliseconds. */
export interface Settings {
  readonly listen: ListenSettings;
  readonly management: ListenSettings;
  /** Where consumers reach the broker. */
  readonly publicUrl?: string | undefined;
  /** Omitted: tokens live in this process's memory. */
  readonly store?: StoreSettings | undefined;
  readonly clients: Readonly<Record<string, ClientSettings>>;
  readonly consumers: Readonly<Record<string, ConsumerSettings>>;
  readonly workloadIssuers: Readonly<Record<string, WorkloadIssuerSettings>>;
}

export interface ListenSettings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface StoreSettings {
  readonly redis: RedisSettings;
}

/** What a client authenticates with. For each method only what it needs is looked at by those who use it. */
export interface ClientCredentials {
  readonly clientAuthentication: ClientAuthentication;
  /** One or two, first choice first; none for the methods without a secret. */
  readonly clientSecrets: readonly Secret[];
  /** PEM; set for private_key_jwt, and `algorithm` with it. */
  readonly privateKey?: Secret | undefined;
  readonly keyId?: string | undefined;
  readonly algorithm?: SigningAlgorithm | undefined;
  /** PEM; set for tls_client_auth, and `key` with it. The first certificate is the client's. */
  readonly certificate?: string | undefined;
  /** PEM. */
  readonly key?: Secret | undefined;
}

export interface ClientScopes {
  readonly scopes: ScopeSet;
  readonly requiredScopes: ScopeSet;
  readonly impliedScopes: ImpliedScopes;
  readonly preload: readonly ScopeSet[];
}

export interface ClientSettings extends ClientCredentials, ClientScopes {
  readonly name: string;
  /** Either this or `issuer`. */
  readonly tokenEndpoint?: string | undefined;
  readonly issuer?: string | undefined;
  readonly clientId: string;
  /** PEM: the authorities to trust instead of those of Node.js. */
  readonly ca?: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly resources: readonly string[];
  /** Milliseconds. */
  readonly defaultLifetime: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxTokenRequestsPerMinute: number;
  readonly renewal: RenewalPolicy;
}

export interface ConsumerSettings {
  readonly name: string;
  /** Each `sha256:` and 64 lower-case hex digits. */
  readonly keys: readonly string[];
  /** `issuer` is its name in `workloadIssuers`. */
  readonly workload?: { readonly issuer: string; readonly subject: string } | undefined;
  readonly maxRequestsPerSecond: number;
  readonly allow: readonly { readonly client: string; readonly scopes: ScopeSet }[];
}

export interface WorkloadIssuerSettings {
  readonly name: string;
  readonly issuer: string;
  readonly audience: string;
  /** Omitted: the issuer's metadata tells. */
  readonly jwksUri?: string | undefined;
  /** PEM. */
  readonly ca?: string | undefined;
  readonly bearerToken?: Secret | undefined;
}
