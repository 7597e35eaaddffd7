import { createHash, hash } from 'node:crypto';
import { inspect } from 'node:util';

/**
 * A secret or a token. A template string, JSON, a logger or `console.log` prints `[redacted]`; only `reveal()` returns
 * the value, so that every use can be found by that word.
 */
export class Secret {
  readonly #value: string;
  #sha256: string | undefined;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** SHA-256 in hex: 64 digits. */
  get sha256(): string {
    return (this.#sha256 ??= hash('sha256', this.#value));
  }

  /** What stands in a log instead of the value: the first 12 hex digits of its SHA-256. */
  get fingerprint(): string {
    return this.sha256.slice(0, 12);
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/** SHA-256 in base64url, 43 characters, over length-prefixed parts: `['ab', 'c']` and `['a', 'bc']` differ. */
export function digest(parts: Iterable<string>): string {
  const sha256 = createHash('sha256');
  for (const part of parts) {
    sha256.update(`${Buffer.byteLength(part)}:`).update(part);
  }
  return sha256.digest('base64url');
}
