import type { WorkloadIssuer } from '#workloads/trusted-issuer.js';
import type { SettingsPath } from '../paths.js';
import { presetOf } from '../issuer-presets.js';
import { ListenSchema } from '../schema/listen.js';
import { ManagementSchema } from '../schema/management.js';
import type { SettingsSchema } from '../schema/settings.js';
import { StoreSchema } from '../schema/redis.js';
import { WorkloadIssuerSchema } from '../schema/workload.js';
import type {
  AllowSettings,
  ClientSettings,
  ListenSettings,
  ManagementSettings,
  Settings,
} from '../settings.js';
import type { Steps } from '../slices.js';
import { ApiKeys } from './api-keys.js';
import { resolveAudit } from './audit.js';
import { resolveClients } from './clients.js';
import { resolveConsumers } from './consumers.js';
import { byName, UniqueValues, entriesOf, type Entry } from './entries.js';
import type { FileReader } from './file-reader.js';
import { Proxies } from './proxy.js';
import { resolveManagement } from './management.js';
import { resolveManagedKeys } from './managed-keys.js';
import { resolveRedis } from './redis.js';
import { resolveTls } from './tls.js';
import { versionOf } from './version.js';

/**
 * Checks how the settings go together, and makes the values of them that are used from here on. A setting with a fault is
 * not looked at, as it may hold anything; the result is usable only when there was no fault.
 */
export function* resolveSettings(
  schema: SettingsSchema,
  root: SettingsPath,
  files: FileReader,
  environment: NodeJS.ProcessEnv,
): Steps<Settings> {
  const proxies = new Proxies(schema.proxy, root, files, environment);
  const managedKeys = resolveManagedKeys(schema, root, files);
  const clients = yield* resolveClients(schema, root, files, proxies, managedKeys);
  const apiKeys = new ApiKeys(root.areValid('maxKeyAge') ? schema.maxKeyAge : undefined);
  const listening = yield* resolveListen(schema, root, files, apiKeys);
  const redis =
    schema.store instanceof StoreSchema
      ? resolveRedis(schema.store.redis, root.key('store').key('redis'), files)
      : undefined;
  const workloadIssuers = yield* resolveWorkloadIssuers(schema, root.key('workloadIssuers'), files, proxies);
  const consumers = yield* resolveConsumers(schema, root, clients, apiKeys);
  apiKeys.warn(root.key('maxKeyAge'));
  const allowed = Map.groupBy(
    consumers.flatMap(({ allow }) => allow),
    ({ client }) => client,
  );
  return Object.freeze({
    ...listening,
    audit: resolveAudit(schema.audit, root.key('audit'), files, redis),
    drainTime: schema.drainTime * 1_000,
    trustedProxies: Object.freeze(root.areValid('trustedProxies') ? [...schema.trustedProxies] : []),
    publicUrl: schema.publicUrl,
    managedKeys,
    store: redis && Object.freeze({ redis }),
    clients: byName(
      clients.flatMap(({ settings }) =>
        settings ? withAllowed(settings, allowed.get(settings.name) ?? [], root) : [],
      ),
    ),
    consumers: byName(consumers),
    workloadIssuers: byName(workloadIssuers),
    issuersVersion: versionOf(schema.workloadIssuers, schema.proxy, workloadIssuers.map(madeOf)),
  });
}

/**
 * What consumers may have of a client decides which authorization details it may ask for, and which scopes its one token
 * has: those, and those that are kept ready.
 */
function withAllowed(
  client: ClientSettings,
  allowed: readonly AllowSettings[],
  root: SettingsPath,
): ClientSettings {
  const authorizationDetails = [...new Set(allowed.flatMap((one) => one.authorizationDetails ?? []))];
  if (client.oneToken === undefined) {
    return authorizationDetails.length === 0 ? client : Object.freeze({ ...client, authorizationDetails });
  }
  if (authorizationDetails.length > 0) {
    const path = root.key('clients').key(client.name).key('oneTokenPerClient');
    path.fault('must be false where `allow` has `authorizationDetails`: each would need a token of its own');
  }
  const sets = [...client.preload, ...allowed.map(({ scopes }) => scopes)];
  return Object.freeze({ ...client, oneToken: sets.reduce((all, one) => all.union(one), client.oneToken) });
}

/** What the files hold that an issuer names. */
function madeOf({ name, ca, bearerToken, proxy }: WorkloadIssuer): object {
  return { name, ca, bearerToken, proxy: [proxy?.url.href, proxy?.login, proxy?.ca] };
}

const anyAddress = new Set(['0.0.0.0', '::']);

function* resolveListen(
  { listen, management }: SettingsSchema,
  root: SettingsPath,
  files: FileReader,
  apiKeys: ApiKeys,
): Steps<{ listen: ListenSettings; management: ManagementSettings }> {
  if (root.areValid('listen', 'management') && collide(listen, management)) {
    root.key('management').fault('must not be the same host and port as `listen`');
  }
  const resolved = ({ host, port, tls }: ListenSchema, path: SettingsPath) => ({
    host,
    port,
    tls: resolveTls(tls, path.key('tls'), files),
  });
  const operators = root.areValid('management') ? management : new ManagementSchema();
  const consumers = root.areValid('listen') ? listen : new ListenSchema();
  return {
    listen: Object.freeze(resolved(consumers, root.key('listen'))),
    management: Object.freeze({
      ...resolved(operators, root.key('management')),
      runbookUrl: operators.runbookUrl,
      dashboardUrl: operators.dashboardUrl,
      ...(yield* resolveManagement(operators, root.key('management'), files, apiKeys)),
    }),
  };
}

function collide(one: ListenSchema, other: ListenSchema): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  const hosts = [one.host.toLowerCase(), other.host.toLowerCase()];
  return hosts[0] === hosts[1] || hosts.some((host) => anyAddress.has(host));
}

/** Those issuers that have no fault. */
function* resolveWorkloadIssuers(
  { workloadIssuers }: SettingsSchema,
  path: SettingsPath,
  files: FileReader,
  proxies: Proxies,
): Steps<WorkloadIssuer[]> {
  const entries = yield* entriesOf(WorkloadIssuerSchema, workloadIssuers, path);
  // A JWT names its issuer only: two of them could not be distinguished.
  new UniqueValues().add(
    entries.flatMap(({ name, schema, path: entry }) => {
      const value = issuerOf(schema, entry);
      return value === undefined ? [] : [{ value, owner: name, path: entry.key('issuer') }];
    }),
  );
  return entries.flatMap((entry) => resolveIssuer(entry, files, proxies) ?? []);
}

function resolveIssuer(
  { name, schema, path }: Entry<WorkloadIssuerSchema>,
  files: FileReader,
  proxies: Proxies,
): WorkloadIssuer | undefined {
  const ca = files.authorities(schema.ca, path.key('ca'));
  const bearerToken = files.secret(schema.bearerToken, path.key('bearerToken'));
  const proxy = proxies.resolve(schema.proxy, path);
  const issuer = issuerOf(schema, path);
  if (issuer === undefined || !path.isValid) return undefined;
  const { audience, jwksUri } = schema;
  return Object.freeze({ name, issuer, audience, jwksUri, ca, proxy, bearerToken });
}

/** That of the settings, or else of the preset; undefined when there is none, or it has a fault. */
function issuerOf({ issuer, preset }: WorkloadIssuerSchema, path: SettingsPath): string | undefined {
  if (!path.areValid('issuer', 'preset')) return undefined;
  const known = preset && presetOf(preset);
  if (issuer === undefined && known?.issuer === undefined) {
    path.key('issuer').fault(known?.hint === undefined ? 'must be set' : `must be set: ${known.hint}`);
  }
  return issuer ?? known?.issuer;
}
