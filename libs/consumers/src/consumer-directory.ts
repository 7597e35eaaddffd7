import type { Secret } from '#tokens/model/secret.js';
import { apiKeyHash } from './api-key.js';
import type { Consumer } from './consumer.js';
import type { CredentialUse } from './consumer-activity.js';

export interface WorkloadIdentity {
  /** Its name in the settings. */
  issuer: string;
  /** The claim `sub` of its JWTs. */
  subject: string;
}

export interface ConsumerEntry {
  consumer: Consumer;
  /** Each `sha256:` and 64 hex digits; several while a key is rotated. */
  keyHashes: readonly string[];
  workload?: WorkloadIdentity | undefined;
}

/** A credential that the settings have, and whose it is. */
export interface KnownCredential {
  consumer: Consumer;
  use: CredentialUse;
}

/** Finds the consumer that a credential belongs to. */
export class ConsumerDirectory {
  // Only hashes are compared, so that the time of a look-up depends on no key.
  readonly #byKeyHash = new Map<string, KnownCredential>();
  readonly #byWorkload = new Map<string, Map<string, KnownCredential>>();

  /** @throws TypeError when two consumers share a key or a workload identity */
  constructor(entries: Iterable<ConsumerEntry>) {
    for (const { consumer, keyHashes, workload } of entries) {
      const keys = keyHashes.map((one, index) => {
        const id = one.toLowerCase();
        return { id, place: `keys[${index}]`, fingerprint: id.slice('sha256:'.length).slice(0, 12) };
      });
      const workloadId = workload && JSON.stringify([workload.issuer, workload.subject]);
      const workloads = workloadId === undefined ? [] : [{ id: workloadId, place: 'workload' }];
      consumer.activity.replaceCredentials([...keys, ...workloads]);
      const known = (id: string) => ({ consumer, use: consumer.activity.credential(id) });
      for (const { id } of keys) claim(this.#byKeyHash, id, known(id));
      if (workload !== undefined)
        claim(this.#subjectsOf(workload.issuer), workload.subject, known(workloadId!));
    }
  }

  byApiKey(key: Secret): KnownCredential | undefined {
    return this.#byKeyHash.get(apiKeyHash(key));
  }

  byWorkload({ issuer, subject }: WorkloadIdentity): KnownCredential | undefined {
    return this.#byWorkload.get(issuer)?.get(subject);
  }

  #subjectsOf(issuer: string): Map<string, KnownCredential> {
    const subjects = this.#byWorkload.get(issuer) ?? new Map<string, KnownCredential>();
    this.#byWorkload.set(issuer, subjects);
    return subjects;
  }
}

function claim(owners: Map<string, KnownCredential>, id: string, credential: KnownCredential): void {
  const owner = owners.get(id)?.consumer ?? credential.consumer;
  if (owner !== credential.consumer)
    throw new TypeError(`${owner.name} and ${credential.consumer.name} share a credential`);
  owners.set(id, credential);
}
