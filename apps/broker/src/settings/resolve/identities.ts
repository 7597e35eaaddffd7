import { hasLiteralStart } from '#consumers/claim-pattern.js';
import type { CertificateIdentity } from '#consumers/client-certificate.js';
import type { ExpectedClaim, ExpectedClaims, WorkloadIdentity } from '#consumers/workload-rule.js';
import { tenancyOf } from '../issuer-presets.js';
import type { SettingsPath } from '../paths.js';
import type { ConsumerSchema } from '../schema/consumer.js';
import { isMapping } from '../schema/rules.js';
import { nameParticulars } from '../schema/shown-values.js';
import type { SettingsSchema } from '../schema/settings.js';
import type { CertificateSchema, ClaimSetting, WorkloadIssuerSchema } from '../schema/workload.js';
import type { Entry, UniqueValue } from './entries.js';

/** Checks how the credentials of a consumer go together with each other, and with the rest of the settings. */
export function checkIdentities(
  { schema, path }: Entry<ConsumerSchema>,
  { listen, workloadIssuers }: SettingsSchema,
  root: SettingsPath,
): void {
  checkThereIsOne(schema, path);
  if (root.areValid('workloadIssuers')) checkWorkload(schema, path, workloadIssuers);
  const hasAuthorities = !root.areValid('listen') || listen.tls?.clientCa !== undefined;
  if (path.areValid('certificate')) checkCertificates(schema, path.key('certificate'), hasAuthorities);
}

function checkThereIsOne({ keys, workload, certificate }: ConsumerSchema, path: SettingsPath): void {
  if (!path.areValid('keys', 'workload', 'certificate')) return;
  if (!keys?.length && workload === undefined && certificate === undefined) {
    path.key('keys').fault('must have at least one key, unless `workload` or `certificate` is set');
  }
}

function checkWorkload({ workload }: ConsumerSchema, consumer: SettingsPath, issuers: object): void {
  if (workload === undefined || !consumer.areValid('workload')) return;
  const path = consumer.key('workload');
  const issuer = (issuers as Record<string, Partial<WorkloadIssuerSchema> | null>)[workload.issuer];
  if (!Object.hasOwn(issuers, workload.issuer)) {
    const particulars = nameParticulars(workload.issuer, Object.keys(issuers));
    path.key('issuer').fault('must be a name in `workloadIssuers`', particulars);
  } else if ((workload.subject === undefined) === (workload.claims === undefined)) {
    path.fault('must have either `subject` or `claims`');
  } else if (workload.claims !== undefined && isMapping(issuer)) {
    checkTenancy(workload.claims, issuer, path.key('claims'));
  }
}

/** An issuer that serves anyone signs tokens of strangers, too. */
function checkTenancy(
  claims: Record<string, ClaimSetting>,
  { issuer = '', preset }: Partial<WorkloadIssuerSchema>,
  path: SettingsPath,
): void {
  const tenancy = tenancyOf(issuer, preset);
  if (tenancy === undefined) return;
  const isBound = Object.entries(tenancy).some(([name, segments]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (value === undefined || isMapping(value)) return false;
    return [value].flat().every((text) => hasLiteralStart(String(text), segments));
  });
  if (isBound) return;
  path.fault(
    `must restrict whose tokens are accepted, since this issuer signs tokens for anyone: write out the start of one of ${Object.keys(tenancy).join(', ')}`,
  );
}

function checkCertificates(
  { certificate }: ConsumerSchema,
  path: SettingsPath,
  hasAuthorities: boolean,
): void {
  if (certificate === undefined) return;
  if (!hasAuthorities) path.fault('needs `listen.tls.clientCa`, the authorities that sign it');
  for (const one of [certificate].flat()) {
    if (namesOf(one).length !== 1) path.fault('must have one of `spiffeId`, `san` and `subject` each');
  }
}

function namesOf({ spiffeId, san, subject }: CertificateSchema): string[] {
  return [spiffeId, san, subject].filter((name) => name !== undefined);
}

/** What two consumers cannot share, besides keys. */
export function identitiesOf({ name: owner, schema, path }: Entry<ConsumerSchema>): UniqueValue[] {
  const values: UniqueValue[] = [];
  if (schema.workload !== undefined && path.areValid('workload')) {
    const value = JSON.stringify(resolveWorkload(schema));
    values.push({ value, owner, path: path.key('workload') });
  }
  if (schema.certificate !== undefined && path.areValid('certificate')) {
    const all = resolveCertificates(schema).map((one) => JSON.stringify(one));
    values.push(...all.map((value) => ({ value, owner, path: path.key('certificate') })));
  }
  return values;
}

export function resolveWorkload({ workload }: ConsumerSchema): WorkloadIdentity | undefined {
  if (workload === undefined) return undefined;
  const { issuer, subject, claims } = workload;
  return Object.freeze({ issuer, subject, claims: claims && expectedClaims(claims) });
}

export function resolveCertificates({ certificate }: ConsumerSchema): readonly CertificateIdentity[] {
  const all = certificate === undefined ? [] : [certificate].flat();
  return Object.freeze(
    all.map(({ spiffeId, san, subject }) =>
      Object.freeze({ spiffeId, san, subject: subject && withoutSpaces(subject) }),
    ),
  );
}

/** After the commas between its parts; not after one that is escaped, which is part of a value (RFC 4514 §2.4). */
function withoutSpaces(subject: string): string {
  return subject.replaceAll(/(\\.)|,\s+/g, (_, escaped?: string) => escaped ?? ',');
}

function expectedClaims(claims: Record<string, ClaimSetting>): ExpectedClaims {
  const entries = Object.entries(claims).map(([name, value]): [string, ExpectedClaim] => {
    if (isMapping(value)) return [name, expectedClaims(value)];
    return [name, Object.freeze([value].flat().map(String))];
  });
  return Object.freeze(Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1))));
}
