import { ScopeSet } from '#tokens/model/scope-set.js';
import type { SettingsPath } from '../paths.js';
import { nameParticulars } from '../schema/shown-values.js';
import { ConsumerSchema } from '../schema/consumer.js';
import type { SettingsSchema } from '../schema/settings.js';
import type { ConsumerSettings } from '../settings.js';
import type { Steps } from '../slices.js';
import { checkAssigned, type ResolvedClient } from './clients.js';
import { checkUnique, entriesOf, type Entry, type UniqueValue } from './entries.js';

/** Those consumers that have no fault. */
export function* resolveConsumers(
  settings: SettingsSchema,
  root: SettingsPath,
  clients: readonly ResolvedClient[],
): Steps<ConsumerSettings[]> {
  const entries = yield* entriesOf(ConsumerSchema, settings.consumers, root.key('consumers'));
  const assigned = assignedScopes(clients);
  for (const { schema, path } of entries) {
    yield;
    checkCredential(schema, path);
    if (clients.length > 0) checkAllow(schema, path.key('allow'), assigned);
    if (root.areValid('workloadIssuers')) checkWorkload(schema, path, settings.workloadIssuers);
  }
  checkUnique(entries.flatMap(keysOf));
  yield;
  checkUnique(entries.flatMap(workloadOf));
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

function checkCredential(schema: ConsumerSchema, consumer: SettingsPath): void {
  if (!consumer.areValid('keys', 'workload')) return;
  if (!schema.keys?.length && schema.workload === undefined) {
    consumer.key('keys').fault('must have at least one key, unless `workload` is set');
  }
}

function checkWorkload({ workload }: ConsumerSchema, consumer: SettingsPath, issuers: object): void {
  if (workload === undefined || !consumer.areValid('workload')) return;
  if (!Object.hasOwn(issuers, workload.issuer)) {
    const particulars = nameParticulars(workload.issuer, Object.keys(issuers));
    consumer.key('workload').key('issuer').fault('must be a name in `workloadIssuers`', particulars);
  }
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

function workloadOf({ name, schema, path }: Entry<ConsumerSchema>): UniqueValue[] {
  if (schema.workload === undefined || !path.areValid('workload')) return [];
  const { issuer, subject } = schema.workload;
  return [{ value: JSON.stringify([issuer, subject]), owner: name, path: path.key('workload') }];
}

function resolveConsumer({ name, schema }: Entry<ConsumerSchema>, maxForAll: number): ConsumerSettings {
  const { keys, workload, allow } = schema;
  return Object.freeze({
    name,
    keys: Object.freeze((keys ?? []).map((key) => key.toLowerCase())),
    workload: workload && Object.freeze({ issuer: workload.issuer, subject: workload.subject }),
    maxRequestsPerSecond: schema.maxRequestsPerSecond ?? maxForAll,
    allow: Object.freeze(
      allow.map(({ client, scopes }) => Object.freeze({ client, scopes: ScopeSet.of(scopes) })),
    ),
  });
}
