import { ClientForm } from '../schema/client-form.js';
import type { SettingsForm } from '../schema/settings-form.js';
import type { Place } from '../place.js';
import type { Settings } from '../settings.js';
import { resolveClients } from './clients.js';
import { resolveConsumers } from './consumers.js';
import type { FileReader } from './file-reader.js';
import { resolveListen } from './listen.js';
import { namedEntries } from './named-entries.js';
import { resolveScopes } from './scopes.js';
import { resolveStore } from './store.js';
import { resolveWorkloadIssuers } from './workload-issuers.js';

/**
 * Checks how the settings go together, and makes the values of them that are used from here on. What the form says of a
 * setting with a fault is not looked at, as it may be anything; the result is of use only when there was no fault.
 */
export function resolveSettings(form: SettingsForm, root: Place, files: FileReader): Settings {
  const clients = namedEntries(ClientForm, form.clients, root.key('clients')).map((entry) => ({
    ...entry,
    scopes: resolveScopes(entry.form, entry.place),
  }));
  return Object.freeze({
    ...resolveListen(form, root),
    publicUrl: form.publicUrl,
    store: resolveStore(form, root, files),
    clients: byName(resolveClients(clients, form, root, files)),
    consumers: byName(resolveConsumers(form, root, clients)),
    workloadIssuers: byName(resolveWorkloadIssuers(form, root, files)),
  });
}

function byName<T extends { name: string }>(entries: readonly T[]): Readonly<Record<string, T>> {
  // Without a prototype: a name that comes from a consumer finds nothing but an entry.
  const all: Record<string, T> = Object.create(null);
  for (const entry of entries) all[entry.name] = entry;
  return Object.freeze(all);
}
