import { canonicalJson } from '#tokens/model/authorization-details.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { SettingsPath } from '../paths.js';
import { nameParticulars } from '../schema/shown-values.js';
import { ConsumerSchema } from '../schema/consumer.js';
import type { SettingsSchema } from '../schema/settings.js';
import type { ConsumerSettings } from '../settings.js';
import type { Steps } from '../slices.js';
import { checkAssigned, type ResolvedClient } from './clients.js';
import { checkUnique, entriesOf, type Entry, type UniqueValue } from './entries.js';
import { checkIdentities, identitiesOf, resolveCertificates, resolveWorkload } from './identities.js';

/** Those consumers that have no fault. */
export function* resolveConsumers(
  settings: SettingsSchema,
  root: SettingsPath,
  clients: readonly ResolvedClient[],
): Steps<ConsumerSettings[]> {
  const entries = yield* entriesOf(ConsumerSchema, settings.consumers, root.key('consumers'));
  const assigned = assignedScopes(clients);
  for (const entry of entries) {
    yield;
    checkIdentities(entry, settings, root);
    if (clients.length > 0) checkAllow(entry.schema, entry.path.key('allow'), assigned);
  }
  checkUnique(entries.flatMap(keysOf));
  yield;
  checkUnique(entries.flatMap(identitiesOf));
  const resolved: ConsumerSettings[] = [];
  for (const entry of entries) {
    yield;
    if (entry.path.isValid) resolved.push(resolveConsumer(entry, settings.maxRequestsPerSecond));
  }
  return resolved;
}

/** By client; undefined for one whose scopes have faults. */
function assignedScopes(clients: readonly ResolvedClient[]): ReadonlyMap<string, ScopeSet | undefined> {
  return new Map(
    clients.map(({ name, scopes: one }) => [name, one && one.impliedScopes.closure(one.scopes)]),
  );
}

function checkAllow(
  { allow }: ConsumerSchema,
  path: SettingsPath,
  assignedTo: ReadonlyMap<string, ScopeSet | undefined>,
): void {
  if (!path.isValid) return;
  for (const [index, { client, scopes }] of allow.entries()) {
    const here = path.item(index);
    const assigned = assignedTo.get(client);
    if (!assignedTo.has(client)) {
      here.key('client').fault('must be a name in `clients`', nameParticulars(client, assignedTo.keys()));
    }
    if (assigned) checkAssigned(scopes, assigned, (number) => here.key('scopes').item(number));
  }
}

function keysOf({ name, schema, path }: Entry<ConsumerSchema>): UniqueValue[] {
  if (!path.areValid('keys')) return [];
  return (schema.keys ?? []).map((key, index) => ({
    value: key.toLowerCase(),
    owner: name,
    path: path.key('keys').item(index),
  }));
}

function resolveConsumer({ name, schema }: Entry<ConsumerSchema>, maxForAll: number): ConsumerSettings {
  const { keys, allow } = schema;
  return Object.freeze({
    name,
    keys: Object.freeze((keys ?? []).map((key) => key.toLowerCase())),
    workload: resolveWorkload(schema),
    certificates: resolveCertificates(schema),
    maxRequestsPerSecond: schema.maxRequestsPerSecond ?? maxForAll,
    allow: Object.freeze(
      allow.map(({ client, scopes, authorizationDetails }) =>
        Object.freeze({
          client,
          scopes: ScopeSet.of(scopes),
          ...(authorizationDetails.length > 0 && {
            authorizationDetails: Object.freeze(authorizationDetails.map(canonicalJson)),
          }),
        }),
      ),
    ),
  });
}
