import type { Consumer } from '#consumers/consumer.js';
import type { ConsumerDirectory } from '#consumers/consumer-directory.js';
import type { Credential } from '#consumers/credential.js';
import { Failure } from '#tokens/failures.js';
import type { Workload } from '#workloads/trusted-issuer.js';
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
   * Takes no waiting for an API key, nor for a workload JWT that has been seen before.
   * @throws Failure `invalid_client`; `temporarily_unavailable` when the issuer of a workload JWT cannot be asked for its keys
   */
  consumer(credential: Credential): Consumer | Promise<Consumer> {
    const { directory, workloads } = this.consumers();
    if (credential.kind === 'api_key') return known(directory.byApiKey(credential.key), credential);
    const consumerOf = ({ issuer, subject }: Workload) =>
      known(directory.byWorkload(issuer, subject), credential);
    const remembered = workloads.remembered(credential.jwt);
    return remembered ? consumerOf(remembered) : workloads.verify(credential.jwt).then(consumerOf);
  }
}

/** A right key under a wrong name is a wrong credential: it reads like an unknown one. */
function known(consumer: Consumer | undefined, { name }: Credential): Consumer {
  if (consumer !== undefined && (name === undefined || name === consumer.name)) return consumer;
  throw new Failure(
    'invalid_client',
    'this credential belongs to no consumer in the settings of the broker; check it for white space and for the right environment',
  );
}
