import type { Secret } from '#tokens/model/secret.js';
import { type ApiKey, apiKeyHash, keyFingerprint } from './api-key.js';
import { type CertificateIdentity, CertificateRule, type ClientCertificate } from './client-certificate.js';
import type { Consumer } from './consumer.js';
import type { CredentialUse } from './consumer-activity.js';
import { unknownCredential } from './credential.js';
import { type Claims, type WorkloadIdentity, WorkloadRule } from './workload-rule.js';

export interface ConsumerEntry {
  consumer: Consumer;
  /** Several while one is rotated. */
  keys: readonly ApiKey[];
  workload?: WorkloadIdentity | undefined;
  certificates?: readonly CertificateIdentity[] | undefined;
}

/** A credential that the settings have, and whose it is. */
export interface KnownCredential {
  consumer: Consumer;
  use: CredentialUse;
  /** Of an API key: milliseconds since 1970. */
  expiresAt?: number | undefined;
}

/** A JWT that has been verified. */
export interface VerifiedWorkload {
  /** Its issuer's name in the settings. */
  readonly issuer: string;
  readonly subject: string;
  readonly claims?: Claims;
}

interface Rule<T> {
  credential: KnownCredential;
  rule: T;
}

/** The workloads of one issuer. */
class Workloads {
  readonly subjects = new Map<string, KnownCredential>();
  readonly rules: Rule<WorkloadRule>[] = [];
}

/** Finds the consumer that a credential belongs to. */
export class ConsumerDirectory {
  // Only hashes are compared, so that the time of a look-up depends on no key.
  readonly #byKeyHash = new Map<string, KnownCredential>();
  readonly #byIssuer = new Map<string, Workloads>();
  readonly #certificates: Rule<CertificateRule>[] = [];

  constructor(entries: Iterable<ConsumerEntry> = []) {
    for (const entry of entries) this.add(entry);
  }

  byApiKey(key: Secret): KnownCredential | undefined {
    return this.#byKeyHash.get(apiKeyHash(key));
  }

  /** @throws Failure `invalid_client` when rules of several consumers fit */
  byWorkload({ issuer, subject, claims = {} }: VerifiedWorkload): KnownCredential | undefined {
    const workloads = this.#byIssuer.get(issuer);
    if (workloads === undefined) return undefined;
    const exact = workloads.subjects.get(subject) ?? [];
    return theOnly([exact, matching(workloads.rules, claims)].flat());
  }

  /** @throws Failure `invalid_client` when rules of several consumers fit */
  byCertificate(certificate: ClientCertificate): KnownCredential | undefined {
    return theOnly(matching(this.#certificates, certificate));
  }

  /** @throws TypeError when another consumer has the same key or subject of a workload */
  add({ consumer, keys: all, workload, certificates = [] }: ConsumerEntry): void {
    const keys = all.map(({ hash, expiresAt, replaceBy }, index) => {
      const id = hash.toLowerCase();
      return { id, place: `keys[${index}]`, fingerprint: keyFingerprint(id), expiresAt, replaceBy };
    });
    const workloads = workload === undefined ? [] : [{ id: JSON.stringify(workload), place: 'workload' }];
    const rules = certificates.map((one, index) => {
      return { id: JSON.stringify(one), place: `certificate[${index}]`, rule: new CertificateRule(one) };
    });
    const others = rules.map(({ id, place }) => ({ id, place }));
    consumer.activity.replaceCredentials([...keys, ...workloads, ...others]);
    const known = (id: string) => ({ consumer, use: consumer.activity.credential(id) });
    for (const { id, expiresAt } of keys) claim(this.#byKeyHash, id, { ...known(id), expiresAt });
    for (const { id } of workloads) this.#addWorkload(workload as WorkloadIdentity, known(id));
    for (const { id, rule } of rules) this.#certificates.push({ rule, credential: known(id) });
  }

  #addWorkload({ issuer, subject, claims }: WorkloadIdentity, credential: KnownCredential): void {
    const workloads = this.#byIssuer.get(issuer) ?? new Workloads();
    this.#byIssuer.set(issuer, workloads);
    if (subject !== undefined) claim(workloads.subjects, subject, credential);
    if (claims !== undefined) workloads.rules.push({ rule: new WorkloadRule(claims), credential });
  }
}

function matching<T>(
  rules: readonly Rule<{ matches(presented: T): boolean }>[],
  presented: T,
): KnownCredential[] {
  return rules.filter(({ rule }) => rule.matches(presented)).map(({ credential }) => credential);
}

/** Which of several consumers is meant cannot be known: none is served. */
function theOnly(credentials: readonly KnownCredential[]): KnownCredential | undefined {
  const names = new Set(credentials.map(({ consumer }) => consumer.name));
  if (names.size < 2) return credentials[0];
  throw unknownCredential(`the rules of several consumers fit: ${[...names].join(', ')}`);
}

function claim(owners: Map<string, KnownCredential>, id: string, credential: KnownCredential): void {
  const owner = owners.get(id)?.consumer ?? credential.consumer;
  if (owner !== credential.consumer)
    throw new TypeError(`${owner.name} and ${credential.consumer.name} share a credential`);
  owners.set(id, credential);
}
