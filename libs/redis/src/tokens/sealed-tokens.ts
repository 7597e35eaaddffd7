import type { ScopeSet } from '#tokens/model/scope-set.js';
import type { Token } from '#tokens/model/token.js';
import type { KeyRing } from './key-ring.js';
import { parseTokenRecord, tokenRecord } from './token-record.js';

const digits = 16;

/**
 * Tokens as they stand in Redis: the generation as 16 hex digits, which scripts compare, then the sealed record. The
 * generation is sealed to the record, so that nobody can make an old token the newest.
 */
export class SealedTokens {
  constructor(private readonly ring: KeyRing) {}

  /** @param requested the scopes that it was asked for with; both must be told the same ones */
  seal(token: Token, place: string, requested: ScopeSet): { generation: string; record: Buffer } {
    const generation = written(token.generation);
    return { generation, record: this.ring.seal(tokenRecord(token, requested), `${place}\0${generation}`) };
  }

  /** The token, which expires at this instant of the monotonic clock. Undefined for all that was not sealed for this place. */
  open(entry: Buffer, place: string, expiresAt: number, requested: ScopeSet): Token | undefined {
    const generation = entry.toString('latin1', 0, digits);
    const record = this.ring.open(entry.subarray(digits), `${place}\0${generation}`);
    return record && parseTokenRecord(record, expiresAt, Number.parseInt(generation, 16), requested);
  }
}

/** An entry as it stands in Redis. */
export function entryOf(generation: number, record: Buffer): Buffer {
  return Buffer.concat([Buffer.from(written(generation)), record]);
}

function written(generation: number): string {
  return generation.toString(16).padStart(digits, '0');
}

/** The generation of an entry from its first 16 bytes; undefined when there is none, or no entry. */
export function generationOf(start: string): number | undefined {
  return /^[0-9a-f]{16}$/.test(start) ? Number.parseInt(start, 16) : undefined;
}
