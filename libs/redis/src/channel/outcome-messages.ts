import { longestEntry } from '../connection/entries.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import { parseJsonObject } from '#tokens/model/json-object.js';
import { failureRecord, parseFailureRecord } from './failure-record.js';
import type { KeyRing } from '../tokens/key-ring.js';

/** A token as it is published, so that replicas with an older copy need not read it. */
export interface SealedCopy {
  record: Buffer;
  /** Milliseconds that it lived when it was sent. */
  life: number;
  /** When its life is over: milliseconds of the Redis server's clock. */
  until: number;
}

/** A token of this generation is in the store. */
export interface TokenUpdate {
  key: string;
  generation: number;
  copy: SealedCopy | undefined;
}

export type Outcome =
  | ({ type: 'token' } & TokenUpdate)
  /**
   * No token came. The failure is undefined when this replica's keys do not open it, and `at`, on the clock of Redis, when
   * a replica of version 0.1.0 has sent it.
   */
  | { type: 'failure'; key: string; failure: UpstreamFailure | undefined; at: number | undefined }
  /** A renewal is over that brought the store nothing new: its holder found a token, or could not put one. */
  | { type: 'no_change'; key: string }
  | ({ type: 'withdrawal' } & Withdrawal);

/** The tokens of a client are no longer to be served. */
export interface Withdrawal {
  /** The client's identity. */
  client: string;
  /** Tokens of a higher generation are newer than the withdrawal. */
  generation: number;
}

/** Characters: an entry of the longest token, in base64. */
const longestMessage = 1.5 * longestEntry;

const requestKey = /^[\w-]{43}$/;

/** Messages between replicas: JSON in which no token, secret or scope stands in clear. */
export class OutcomeMessages {
  constructor(
    readonly channel: string,
    private readonly ring: KeyRing,
  ) {}

  tokenMessage({ key, generation, copy }: TokenUpdate): string {
    return JSON.stringify({ key, generation, ...copy, record: copy?.record.toString('base64') });
  }

  /** `at`: when the renewal failed, in milliseconds of the clock of Redis. */
  failureMessage(key: string, failure: UpstreamFailure, at: number): string {
    const sealed = this.ring.seal(failureRecord(failure, { at }), this.#place(key));
    return JSON.stringify({ key, failure: sealed.toString('base64') });
  }

  noChangeMessage(key: string): string {
    return JSON.stringify({ key, over: true });
  }

  withdrawalMessage({ client, generation }: Withdrawal): string {
    return JSON.stringify({
      key: client,
      withdrawn: this.sealWithdrawal({ client, generation }).toString('base64'),
    });
  }

  /** Sealed, as another writer could have tokens dropped and revoked; one that is repeated concerns none that is newer. */
  sealWithdrawal({ client, generation }: Withdrawal): Buffer {
    return this.ring.seal(String(generation), this.#place(`${client}\0withdrawn`));
  }

  /** Undefined for whatever `sealWithdrawal` has not made of this client. */
  openWithdrawal(client: string, sealed: Buffer): Withdrawal | undefined {
    const generation = Number(this.ring.open(sealed, this.#place(`${client}\0withdrawn`)) ?? Number.NaN);
    return isWhole(generation) ? { client, generation } : undefined;
  }

  /** Undefined for whatever this class has not made; never throws. */
  parse(message: string): Outcome | undefined {
    if (message.length > longestMessage) return undefined;
    const fields = Object.fromEntries(parseJsonObject(message) ?? []);
    const { key, generation, failure, over, withdrawn, ...copy } = fields;
    if (typeof key !== 'string' || !requestKey.test(key)) return undefined;
    if (isWhole(generation)) return { type: 'token', key, generation, copy: parseCopy(copy) };
    if (typeof withdrawn === 'string') {
      const withdrawal = this.openWithdrawal(key, Buffer.from(withdrawn, 'base64'));
      return withdrawal && { type: 'withdrawal', ...withdrawal };
    }
    if (over === true) return { type: 'no_change', key };
    if (typeof failure !== 'string') return undefined;
    const opened = this.ring.open(Buffer.from(failure, 'base64'), this.#place(key));
    const text = opened?.toString() ?? '';
    const at = parseJsonObject(text)?.get('at');
    return { type: 'failure', key, failure: parseFailureRecord(text), at: isWhole(at) ? at : undefined };
  }

  #place(key: string): string {
    return `${this.channel}\0${key}`;
  }
}

function parseCopy({ record, life, until }: Record<string, unknown>): SealedCopy | undefined {
  if (typeof record !== 'string' || !isWhole(life) || !isWhole(until)) return undefined;
  return { record: Buffer.from(record, 'base64'), life, until };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
