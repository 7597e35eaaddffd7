import type { Secret } from '#tokens/model/secret.js';
import { apiKeyHash } from './api-key.js';
import type { Consumer } from './consumer.js';

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

/** Finds the consumer that a credential belongs to. */
export class ConsumerDirectory {
  // Only hashes are compared, so that the time of a look-up depends on no key.
  readonly #byKeyHash = new Map<string, Consumer>();
  readonly #byWorkload = new Map<string, Map<string, Consumer>>();

  /** @throws TypeError when two consumers share a key or a workload identity */
  constructor(entries: Iterable<ConsumerEntry>) {
    for (const { consumer, keyHashes, workload } of entries) {
      for (const hash of keyHashes) claim(this.#byKeyHash, hash.toLowerCase(), consumer);
      if (workload !== undefined) claim(this.#subjectsOf(workload.issuer), workload.subject, consumer);
    }
  }

  byApiKey(key: Secret): Consumer | undefined {
    return this.#byKeyHash.get(apiKeyHash(key));
  }

  byWorkload({ issuer, subject }: WorkloadIdentity): Consumer | undefined {
    return this.#byWorkload.get(issuer)?.get(subject);
  }

  #subjectsOf(issuer: string): Map<string, Consumer> {
    const subjects = this.#byWorkload.get(issuer) ?? new Map<string, Consumer>();
    this.#byWorkload.set(issuer, subjects);
    return subjects;
  }
}

function claim(owners: Map<string, Consumer>, credential: string, consumer: Consumer): void {
  const owner = owners.get(credential) ?? consumer;
  if (owner !== consumer) throw new TypeError(`${owner.name} and ${consumer.name} share a credential`);
  owners.set(credential, consumer);
}
