import { loopbackHost } from '#http/secure-url.js';
import type { SettingsPath } from '../paths.js';
import {
  ManagementAuthenticationSchema,
  type ManagementSchema,
  OperatorKeySchema,
  type OperatorOidcSchema,
  type OperatorProxySchema,
} from '../schema/management.js';
import type {
  ManagementSettings,
  OperatorAuthentication,
  OperatorKey,
  OperatorOidc,
  OperatorProxy,
} from '../settings.js';
import type { Steps } from '../slices.js';
import { type ApiKeys, uniqueKeys } from './api-keys.js';
import { UniqueValues, entriesOf } from './entries.js';
import type { FileReader } from './file-reader.js';

/** All of the management port except where it listens. */
export function* resolveManagement(
  schema: ManagementSchema,
  path: SettingsPath,
  files: FileReader,
  apiKeys: ApiKeys,
): Steps<Pick<ManagementSettings, 'hosts' | 'publicUrl' | 'authentication'>> {
  const { host, hosts, publicUrl } = schema;
  const authentication = yield* resolveAuthentication(schema, path.key('authentication'), files, apiKeys);
  if (authentication === undefined && path.isValid && !isLoopback(host)) {
    path
      .key('authentication')
      .warn(
        `is none, and ${host} is not a loopback address: anyone who can reach the port can renew and purge tokens`,
      );
  }
  if (authentication?.oidc !== undefined && publicUrl === undefined && path.areValid('publicUrl')) {
    path.key('publicUrl').fault('must be set for `authentication.oidc`, which redirects browsers back to it');
  }
  const own = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
  return {
    hosts: Object.freeze([...hosts, ...own].map((name) => name.toLowerCase())),
    publicUrl: publicUrl?.replace(/\/$/, ''),
    authentication: authentication && Object.freeze(authentication),
  };
}

/** As in a URL, where an IPv6 address stands in brackets. */
function isLoopback(host: string): boolean {
  return loopbackHost.test(host.includes(':') ? `[${host}]` : host);
}

function* resolveAuthentication(
  { authentication: schema }: ManagementSchema,
  path: SettingsPath,
  files: FileReader,
  apiKeys: ApiKeys,
): Steps<OperatorAuthentication | undefined> {
  if (!(schema instanceof ManagementAuthenticationSchema)) return undefined;
  const keys = yield* resolveKeys(schema.bearer, path.key('bearer'), apiKeys);
  const oidc = schema.oidc && resolveOidc(schema.oidc, path.key('oidc'), files);
  const proxy = schema.proxy && resolveProxy(schema.proxy, path.key('proxy'));
  if (schema.bearer === undefined && schema.oidc === undefined && schema.proxy === undefined) {
    path.fault('must be none, or have at least one of `bearer`, `oidc` and `proxy`');
  }
  return { keys, oidc, proxy };
}

function* resolveKeys(bearer: unknown, path: SettingsPath, apiKeys: ApiKeys): Steps<readonly OperatorKey[]> {
  const entries = yield* entriesOf(OperatorKeySchema, bearer, path);
  const checked = entries.map((entry) => ({ ...entry, keys: apiKeys.resolve(entry) }));
  new UniqueValues().add(checked.flatMap((one) => uniqueKeys(one, one.keys)));
  return Object.freeze(
    checked.map(({ name, keys, schema: { role } }) =>
      Object.freeze({ name, keys: Object.freeze(keys.filter((key) => key !== undefined)), role }),
    ),
  );
}

function resolveOidc(
  schema: OperatorOidcSchema,
  path: SettingsPath,
  files: FileReader,
): OperatorOidc | undefined {
  const clientSecret = files.secret(schema.clientSecret, path.key('clientSecret'));
  const ca = files.authorities(schema.ca, path.key('ca'));
  if (!path.isValid) return undefined;
  if (!schema.scopes.includes('openid')) path.key('scopes').fault('must include openid');
  const { issuer, clientId, groupsClaim, scopes, sessionLifetime } = schema;
  return Object.freeze({
    issuer,
    clientId,
    clientSecret,
    ca,
    groupsClaim,
    scopes: Object.freeze(scopes),
    roles: frozen(schema.roles),
    sessionLifetime: sessionLifetime * 1000,
  });
}

function resolveProxy(schema: OperatorProxySchema, path: SettingsPath): OperatorProxy | undefined {
  if (!path.isValid) return undefined;
  if (schema.addresses.length === 0) path.key('addresses').fault('must name at least one address or network');
  const { addresses, userHeader, groupsHeader } = schema;
  return Object.freeze({
    addresses: Object.freeze(addresses),
    userHeader,
    groupsHeader,
    roles: frozen(schema.roles),
  });
}

function frozen<T extends object>(roles: T): Readonly<T> {
  for (const groups of Object.values(roles)) Object.freeze(groups);
  return Object.freeze({ ...roles });
}
