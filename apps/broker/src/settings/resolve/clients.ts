import { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import { digest } from '#tokens/model/secret.js';
import type { SettingsPath } from '../paths.js';
import { ClientSchema } from '../schema/client.js';
import { renewalDefaults, type RenewalSchema } from '../schema/renewal.js';
import type { SettingsSchema } from '../schema/settings.js';
import type { ClientScopes, ClientSettings, ManagedKeysSettings } from '../settings.js';
import type { Steps } from '../slices.js';
import { resolveScopes } from './client-scopes.js';
import { credentialExpiries } from './credential-expiry.js';
import { clientAuthenticationOf, resolveCredentials } from './credentials.js';
import { withPreset } from '../presets.js';
import { versionOf } from './version.js';
import { entriesOf, type Entry } from './entries.js';
import { resolveHeaders } from './headers.js';
import { assertionSettings } from './signing-keys.js';
import type { FileReader } from './file-reader.js';
import type { Proxies } from './proxy.js';

export interface ResolvedClient {
  name: string;
  /** Undefined when they have faults. */
  scopes: ClientScopes | undefined;
  /** Undefined when it has a fault. */
  settings: ClientSettings | undefined;
}

export function* resolveClients(
  { clients, renewal: top, proxy: proxyForAll }: SettingsSchema,
  root: SettingsPath,
  files: FileReader,
  proxies: Proxies,
  managedKeys: ManagedKeysSettings,
): Steps<ResolvedClient[]> {
  const forAll = resolveRenewal([top], root.key('renewal'));
  const resolved: ResolvedClient[] = [];
  for (const entry of yield* entriesOf(ClientSchema, clients, root.key('clients'), withPreset)) {
    yield;
    const { name, schema, path } = entry;
    const renewal = schema.renewal
      ? resolveRenewal([schema.renewal, forAll && top], path.key('renewal'))
      : forAll;
    const scopes = resolveScopes(schema, path);
    const settings = resolveClient(entry, scopes, renewal, files, proxies, managedKeys);
    const shared = { top, proxyForAll, managedKeys };
    resolved.push({
      name,
      scopes,
      settings: settings && Object.freeze({ ...settings, version: clientVersion(schema, settings, shared) }),
    });
  }
  warnOfQuotasApart(resolved, root.key('clients'));
  return resolved;
}

/** Quotas are kept by token endpoint or issuer: which issuer has which token endpoint is known only by its metadata. */
function warnOfQuotasApart(clients: readonly ResolvedClient[], path: SettingsPath): void {
  const withQuotas = clients.flatMap(({ settings }) => (settings?.quotas === undefined ? [] : [settings]));
  const byIssuer = withQuotas.filter(({ issuer }) => issuer !== undefined);
  for (const { name, clientId, tokenEndpoint } of withQuotas) {
    const other = byIssuer.find((one) => one.clientId === clientId && isOneOrigin(one.issuer, tokenEndpoint));
    if (other === undefined) continue;
    path
      .key(name)
      .key('tokenEndpoint')
      .warn(
        `names perhaps the authorization server that ${other.name} names by \`issuer\`: their quotas are counted apart, unless both have \`issuer\``,
      );
  }
}

function isOneOrigin(issuer: string | undefined, tokenEndpoint: string | undefined): boolean {
  const [one, other] = [issuer, tokenEndpoint].map((url) => url && new URL(url).origin);
  return one !== undefined && one === other;
}

/** Of all that it is made of: what it says itself, what the files that it names hold, and what it takes from the top level. */
function clientVersion(schema: ClientSchema, settings: ClientSettings, shared: object): string {
  const { name, credentials, headers, ca, proxy } = settings;
  return versionOf(name, schema, shared, credentials, headers, ca, proxy?.url.href, proxy?.login, proxy?.ca);
}

function resolveClient(
  { name, schema, path }: Entry<ClientSchema>,
  scopes: ClientScopes | undefined,
  renewal: RenewalPolicy | undefined,
  files: FileReader,
  proxies: Proxies,
  managedKeys: ManagedKeysSettings,
): ClientSettings | undefined {
  checkEndpoint(schema, path);
  const credentials = resolveCredentials(schema, path, files, { client: name, managedKeys });
  const expiries = credentialExpiries(schema, credentials, path);
  const ca = files.authorities(schema.ca, path.key('ca'));
  const headers = resolveHeaders(schema.headers, path.key('headers'), files);
  const proxy = proxies.resolve(schema.proxy, path);
  if (!path.isValid || scopes === undefined || renewal === undefined) return undefined;
  const { tokenEndpoint, issuer, clientId, maxTokenRequestsPerMinute } = schema;
  const quotas = schema.maxTokenRequests ?? {};
  if (schema.revokeOnRemoval && issuer === undefined && schema.revocationEndpoint === undefined) {
    path.key('revokeOnRemoval').warn('has no effect without `revocationEndpoint` or `issuer`');
  }
  if (schema.jwksUri !== undefined && schema.jwksCheckInterval === 0) {
    path.key('jwksUri').warn('has no effect with `jwksCheckInterval: 0`');
  }
  if (schema.oneTokenPerClient && schema.resources.length > 0) {
    path.key('oneTokenPerClient').fault('must be false with `resources`: each would need a token of its own');
    return undefined;
  }
  if (clientId !== clientId.trim()) path.key('clientId').warn('has surrounding white space');
  return {
    name,
    preset: schema.preset,
    tokenEndpoint,
    issuer,
    revocationEndpoint: schema.revocationEndpoint,
    jwksUri: schema.jwksUri,
    jwksCheckInterval: milliseconds(schema.jwksCheckInterval),
    revokeOnRemoval: schema.revokeOnRemoval,
    // Until it is known what consumers may have.
    oneToken: schema.oneTokenPerClient ? scopes.requiredScopes : undefined,
    clientId,
    clientAuthentication: clientAuthenticationOf(schema),
    grant: schema.grant === 'jwt-bearer' ? schema.grant : undefined,
    variant: variantOf(schema),
    credentials,
    credentialExpiries: expiries,
    ca,
    proxy,
    ...scopes,
    parameters: Object.freeze(schema.parameters),
    headers,
    wireFormat: Object.freeze({
      bodyFormat: schema.bodyFormat,
      scopeSeparator: schema.scopeSeparator,
      responseFields: Object.freeze(schema.responseFields),
    }),
    resources: Object.freeze(schema.resources),
    acceptTokenTypes: Object.freeze(schema.acceptTokenTypes),
    defaultLifetime: milliseconds(schema.defaultLifetime),
    timeout: milliseconds(schema.timeout),
    maxTokenRequestsPerMinute: quotas.perMinute ?? maxTokenRequestsPerMinute,
    quotas: Object.values(quotas).some((limit) => limit !== undefined)
      ? Object.freeze({ ...quotas })
      : undefined,
    maxLifetime: milliseconds(schema.maxLifetime),
    renewal,
  };
}

/** Whom and what a token is for depends on what the assertion says: another claim is another token. */
function variantOf(schema: ClientSchema): string | undefined {
  if (schema.grant === 'client_credentials' && schema.assertion === undefined) return undefined;
  return digest([schema.grant, JSON.stringify(assertionSettings(schema) ?? {})]);
}

function checkEndpoint(schema: ClientSchema, client: SettingsPath): void {
  if (!client.areValid('tokenEndpoint', 'issuer')) return;
  const path = client.key('tokenEndpoint');
  if (schema.tokenEndpoint === undefined && schema.issuer === undefined) {
    path.fault('must be set, unless `issuer` is');
  }
  if (schema.tokenEndpoint !== undefined && schema.issuer !== undefined) {
    path.fault('must be left out when `issuer` is set: one of them names the token endpoint');
  }
}

/** Nearest first; each field is taken from the first that has it. */
function resolveRenewal(
  schemas: readonly (RenewalSchema | undefined)[],
  path: SettingsPath,
): RenewalPolicy | undefined {
  const of = (field: keyof RenewalSchema): number =>
    schemas.find((schema) => schema?.[field] !== undefined)?.[field] ?? renewalDefaults[field];
  if (!path.isValid) return undefined;
  if (of('jitter') >= of('at')) {
    path.key('jitter').fault('must be less than `at`');
    return undefined;
  }
  const policy = new RenewalPolicy({
    at: of('at'),
    jitter: of('jitter'),
    minRemaining: milliseconds(of('minRemaining')),
    idleAfter: milliseconds(of('idleAfter')),
  });
  Object.freeze(policy);
  return policy;
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
