import { ScopeSet } from '#tokens/model/scope-set.js';
import { ConsumerForm } from '../schema/consumer-form.js';
import type { SettingsForm } from '../schema/settings-form.js';
import type { Place } from '../place.js';
import type { ConsumerSettings } from '../settings.js';
import type { ClientEntry } from './clients.js';
import { namedEntries } from './named-entries.js';
import { checkAssigned } from './scopes.js';
import { checkUnique } from './unique.js';

/** Those consumers that have no fault. */
export function resolveConsumers(
  form: SettingsForm,
  root: Place,
  clients: readonly ClientEntry[],
): ConsumerSettings[] {
  const entries = namedEntries(ConsumerForm, form.consumers, root.key('consumers'));
  for (const { form: consumer, place } of entries) {
    checkCredential(consumer, place);
    checkAllow(consumer, place.key('allow'), clients);
    if (root.cleanAt('workloadIssuers')) checkWorkload(consumer, place, form.workloadIssuers);
  }
  checkUnique(entries.flatMap(keyClaims));
  checkUnique(entries.flatMap(workloadClaims));
  return entries.flatMap((entry) => (entry.place.clean ? resolved(entry.name, entry.form, form) : []));
}

function checkCredential(form: ConsumerForm, consumer: Place): void {
  if (!consumer.cleanAt('keys', 'workload')) return;
  if (!form.keys?.length && form.workload === undefined) {
    consumer.key('keys').fault('must have at least one key, unless `workload` is set');
  }
}

function checkWorkload(form: ConsumerForm, consumer: Place, issuers: ReadonlyMap<string, unknown>): void {
  const place = consumer.key('workload').key('issuer');
  if (form.workload === undefined || !consumer.cleanAt('workload')) return;
  if (!issuers.has(form.workload.issuer)) place.fault('must be a name in `workloadIssuers`');
}

function checkAllow(form: ConsumerForm, place: Place, clients: readonly ClientEntry[]): void {
  if (!place.clean || clients.length === 0) return;
  for (const [index, { client, scopes }] of form.allow.entries()) {
    const entry = clients.find(({ name }) => name === client);
    const here = place.item(index);
    if (entry === undefined) here.key('client').fault('must be a name in `clients`');
    if (entry?.scopes === undefined) continue;
    const assigned = entry.scopes.impliedScopes.closure(entry.scopes.scopes);
    checkAssigned(scopes, assigned, (number) => here.key('scopes').item(number));
  }
}

function keyClaims({ name, form, place }: { name: string; form: ConsumerForm; place: Place }) {
  if (!place.cleanAt('keys')) return [];
  return (form.keys ?? []).map((key, index) => ({
    value: key.toLowerCase(),
    owner: name,
    place: place.key('keys').item(index),
  }));
}

function workloadClaims({ name, form, place }: { name: string; form: ConsumerForm; place: Place }) {
  if (form.workload === undefined || !place.cleanAt('workload')) return [];
  const { issuer, subject } = form.workload;
  return [{ value: JSON.stringify([issuer, subject]), owner: name, place: place.key('workload') }];
}

function resolved(name: string, consumer: ConsumerForm, all: SettingsForm): ConsumerSettings {
  const { keys, workload, allow } = consumer;
  return Object.freeze({
    name,
    keys: Object.freeze((keys ?? []).map((key) => key.toLowerCase())),
    workload: workload && Object.freeze({ issuer: workload.issuer, subject: workload.subject }),
    maxRequestsPerSecond: consumer.maxRequestsPerSecond ?? all.maxRequestsPerSecond,
    allow: Object.freeze(
      allow.map(({ client, scopes }) => Object.freeze({ client, scopes: ScopeSet.of(scopes) })),
    ),
  });
}
