import { hash } from 'node:crypto';
import { inspect } from 'node:util';

/**
 * A secret or a token: a value that guards itself. Whatever prints it by accident (a template string, JSON, a logger,
 * `console.log`) prints `[redacted]`; only `reveal()` gives the value away, so every use can be found by that word.
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

  /** What may stand in a log instead of the value: the first 12 hex digits of its SHA-256. */
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
