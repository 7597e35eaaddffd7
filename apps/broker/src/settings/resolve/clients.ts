import type { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import type { ClientForm } from '../schema/client-form.js';
import type { SettingsForm } from '../schema/settings-form.js';
import type { Place } from '../place.js';
import type { ClientScopes, ClientSettings } from '../settings.js';
import { resolveCredentials } from './credentials.js';
import type { FileReader } from './file-reader.js';
import type { NamedEntry } from './named-entries.js';
import { authoritiesIn } from './pem.js';
import { milliseconds, resolveRenewal } from './renewal.js';

export interface ClientEntry extends NamedEntry<ClientForm> {
  /** Undefined when they have faults. */
  scopes: ClientScopes | undefined;
}

/** Those clients that have no fault. */
export function resolveClients(
  entries: readonly ClientEntry[],
  settings: SettingsForm,
  root: Place,
  files: FileReader,
): ClientSettings[] {
  const forAll = resolveRenewal([settings.renewal], root.key('renewal'));
  const top = forAll && settings.renewal;
  return entries.flatMap((entry) => {
    const { form, place } = entry;
    const renewal = form.renewal ? resolveRenewal([form.renewal, top], place.key('renewal')) : forAll;
    return resolveClient(entry, renewal, files) ?? [];
  });
}

function resolveClient(
  { name, form, place, scopes }: ClientEntry,
  renewal: RenewalPolicy | undefined,
  files: FileReader,
): ClientSettings | undefined {
  checkEndpoint(form, place);
  const credentials = resolveCredentials(form, place, files);
  const ca = authoritiesIn(form.ca, place.key('ca'), files);
  if (!place.clean || scopes === undefined || renewal === undefined) return undefined;
  if (form.clientId !== form.clientId.trim()) place.key('clientId').warn('has surrounding white space');
  return Object.freeze({ name, ...plain(form), ...credentials, ca, ...scopes, renewal });
}

/** What is taken over as it is, but for the units. */
function plain(form: ClientForm) {
  const { tokenEndpoint, issuer, clientId, maxTokenRequestsPerMinute } = form;
  return {
    tokenEndpoint,
    issuer,
    clientId,
    parameters: Object.freeze(form.parameters),
    resources: Object.freeze(form.resources),
    defaultLifetime: milliseconds(form.defaultLifetime),
    timeout: milliseconds(form.timeout),
    maxTokenRequestsPerMinute,
  };
}

function checkEndpoint(form: ClientForm, client: Place): void {
  if (!client.cleanAt('tokenEndpoint', 'issuer')) return;
  const place = client.key('tokenEndpoint');
  if (form.tokenEndpoint === undefined && form.issuer === undefined) {
    place.fault('must be set, unless `issuer` is');
  }
  if (form.tokenEndpoint !== undefined && form.issuer !== undefined) {
    place.fault('must be left out when `issuer` is set: one of them tells where to ask');
  }
}
