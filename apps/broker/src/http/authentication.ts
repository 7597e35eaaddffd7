import type { Consumer } from '#consumers/consumer.js';
import type { ConsumerDirectory } from '#consumers/consumer-directory.js';
import { parseCredential } from '#consumers/credential.js';
import { Failure } from '#tokens/failures.js';
import type { WorkloadVerifier } from '#workloads/workload-verifier.js';

/** Who is known under the settings now in force. */
export interface KnownConsumers {
  readonly directory: ConsumerDirectory;
  readonly workloads: WorkloadVerifier;
}

/** Tells by its credential which consumer is asking. */
export class Authentication {
  constructor(private readonly consumers: () => KnownConsumers) {}

  /**
   * @param authorization value of the header `Authorization`
   * @throws Failure `invalid_client`; `temporarily_unavailable` when the issuer of a workload JWT cannot be asked for its keys
   */
  async consumer(authorization: string | undefined): Promise<Consumer> {
    const { directory, workloads } = this.consumers();
    const credential = parseCredential(authorization);
    if (credential.kind === 'api_key') return known(directory.byApiKey(credential.key));
    const { issuer, subject } = await workloads.verify(credential.jwt);
    return known(directory.byWorkload(issuer, subject));
  }
}

function known(consumer: Consumer | undefined): Consumer {
  if (consumer !== undefined) return consumer;
  throw new Failure(
    'invalid_client',
    'this credential belongs to no consumer in the settings of the broker; check it for white space and for the right environment',
  );
}
