import type { SettingsPath } from '../paths.js';
import { ConsumerSchema } from '../schema/consumer.js';
import type { SettingsSchema } from '../schema/settings.js';
import type { AllowSettings, ConsumerSettings } from '../settings.js';
import type { Steps } from '../slices.js';
import { AllowResolver } from './allow.js';
import { type ApiKeys, type ResolvedKeys, uniqueKeys } from './api-keys.js';
import type { ResolvedClient } from './clients.js';
import { UniqueValues, entriesOf, type Entry } from './entries.js';
import { checkIdentities, identitiesOf, resolveCertificates, resolveWorkload } from './identities.js';

interface CheckedConsumer extends Entry<ConsumerSchema> {
  keys: ResolvedKeys;
  allow: readonly AllowSettings[];
}

/** Those consumers that have no fault. */
export function* resolveConsumers(
  settings: SettingsSchema,
  root: SettingsPath,
  clients: readonly ResolvedClient[],
  apiKeys: ApiKeys,
): Steps<ConsumerSettings[]> {
  const entries = yield* entriesOf(ConsumerSchema, settings.consumers, root.key('consumers'));
  const allowing = new AllowResolver(clients);
  yield* allowing.resolvePolicies(settings.policies, root.key('policies'));
  const checked: CheckedConsumer[] = [];
  for (const entry of entries) {
    yield;
    checkIdentities(entry, settings, root);
    const keys = apiKeys.resolve(entry);
    checked.push({ ...entry, keys, allow: allowing.resolve(entry.schema.allow, entry.path.key('allow')) });
    if (entry.schema.mode === 'audit') {
      entry.path
        .key('mode')
        .warn('is audit: requests that `allow` refuses are granted within the scopes of the client');
    }
  }
  const [keys, identities] = [new UniqueValues(), new UniqueValues()];
  for (const entry of checked) {
    yield;
    keys.add(uniqueKeys(entry, entry.keys));
    identities.add(identitiesOf(entry));
  }
  if (root.areValid('consumers')) allowing.warnOfUnused();
  const resolved: ConsumerSettings[] = [];
  for (const entry of checked) {
    yield;
    if (entry.path.isValid) resolved.push(resolveConsumer(entry, settings.maxRequestsPerSecond));
  }
  return resolved;
}

function resolveConsumer(
  { name, schema, keys, allow }: CheckedConsumer,
  maxForAll: number,
): ConsumerSettings {
  return Object.freeze({
    name,
    keys: Object.freeze(keys.filter((key) => key !== undefined)),
    workload: resolveWorkload(schema),
    certificates: resolveCertificates(schema),
    maxRequestsPerSecond: schema.maxRequestsPerSecond ?? maxForAll,
    mode: schema.mode,
    allow,
  });
}
