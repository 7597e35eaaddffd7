import { LRUCache } from 'lru-cache';
import type { Consumer } from '#consumers/consumer.js';
import type { ConsumerDirectory } from '#consumers/consumer-directory.js';
import type { Credential } from '#consumers/credential.js';
import type { Clock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';
import type { WorkloadVerifier } from '#workloads/workload-verifier.js';

/** Who is known under the settings now in force. */
export interface KnownConsumers {
  readonly directory: ConsumerDirectory;
  readonly workloads: WorkloadVerifier;
}

/** A header `Authorization` that was found good. */
interface Shown {
  header: string;
  consumer: Consumer;
  /** Milliseconds since 1970. */
  until: number;
}

/** Characters of headers that are remembered: some 8,000 JWTs of a cluster. */
const most = 8 * 1024 * 1024;

/** Tells by its credential which consumer is asking. */
export class Authentication {
  /** What has been found good under which settings, by the end of the header. */
  readonly #shown = new WeakMap<KnownConsumers, LRUCache<string, Shown>>();

  constructor(
    private readonly consumers: () => KnownConsumers,
    private readonly clock: Clock,
  ) {}

  /** The consumer that has shown this very header before, until the settings change or the JWT in it expires. */
  recall(header: string | undefined): Consumer | undefined {
    if (header === undefined) return undefined;
    const shown = this.#shown.get(this.consumers())?.get(endOf(header));
    const isGood = shown?.header === header && shown.until > this.clock.wallTime();
    return isGood ? shown.consumer : undefined;
  }

  /**
   * Takes no waiting for an API key, nor for a workload JWT that has been seen before.
   * @throws Failure `invalid_client`; `temporarily_unavailable` when the issuer of a workload JWT cannot be asked for its keys
   */
  consumer(credential: Credential): Consumer | Promise<Consumer> {
    const known = this.consumers();
    const found = (consumer: Consumer | undefined, until: number) =>
      this.#found(consumer, credential, known, until);
    if (credential.kind === 'api_key') return found(known.directory.byApiKey(credential.key), Infinity);
    const { directory, workloads } = known;
    const remembered = workloads.remembered(credential.jwt);
    return remembered === undefined
      ? workloads.verify(credential.jwt).then((one) => found(directory.byWorkload(one), one.expiresAt))
      : found(directory.byWorkload(remembered), remembered.expiresAt);
  }

  /** A right key under a wrong name is a wrong credential: it reads like an unknown one. */
  #found(
    consumer: Consumer | undefined,
    { name, header }: Credential,
    known: KnownConsumers,
    until: number,
  ): Consumer {
    if (consumer === undefined || (name !== undefined && name !== consumer.name)) throw unknown();
    if (header !== undefined) this.#remember({ header, consumer, until }, known);
    return consumer;
  }

  #remember(shown: Shown, known: KnownConsumers): void {
    const all = this.#shown.get(known) ?? new LRUCache({ maxSize: most, sizeCalculation: lengthOf });
    this.#shown.set(known, all.set(endOf(shown.header), shown));
  }
}

/** The signature of a JWT, most of a key: V8 takes longer to hash a whole JWT than its token takes to be found. */
function endOf(header: string): string {
  return header.slice(-40);
}

function lengthOf({ header }: Shown): number {
  return header.length;
}

function unknown(): Failure {
  return new Failure(
    'invalid_client',
    'this credential belongs to no consumer in the settings of the broker; check it for white space and for the right environment',
  );
}
