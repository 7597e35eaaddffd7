import { WorkloadIssuerForm } from '../schema/workload-issuer-form.js';
import type { SettingsForm } from '../schema/settings-form.js';
import type { Place } from '../place.js';
import type { WorkloadIssuerSettings } from '../settings.js';
import type { FileReader } from './file-reader.js';
import { type NamedEntry, namedEntries } from './named-entries.js';
import { authoritiesIn } from './pem.js';
import { checkUnique } from './unique.js';

/** Those issuers that have no fault. */
export function resolveWorkloadIssuers(
  form: SettingsForm,
  root: Place,
  files: FileReader,
): WorkloadIssuerSettings[] {
  const entries = namedEntries(WorkloadIssuerForm, form.workloadIssuers, root.key('workloadIssuers'));
  // A JWT names its issuer only: two of them could not be told apart.
  checkUnique(
    entries
      .filter(({ place }) => place.cleanAt('issuer'))
      .map(({ name, form: { issuer }, place }) => ({
        value: issuer,
        owner: name,
        place: place.key('issuer'),
      })),
  );
  return entries.flatMap((entry) => resolveIssuer(entry, files) ?? []);
}

function resolveIssuer(
  { name, form, place }: NamedEntry<WorkloadIssuerForm>,
  files: FileReader,
): WorkloadIssuerSettings | undefined {
  const { issuer, audience, jwksUri, bearerToken } = form;
  const ca = authoritiesIn(form.ca, place.key('ca'), files);
  const token = place.key('bearerToken');
  const secret = bearerToken !== undefined && token.clean ? files.secret(bearerToken, token) : undefined;
  if (!place.clean) return undefined;
  return Object.freeze({ name, issuer, audience, jwksUri, ca, bearerToken: secret });
}
