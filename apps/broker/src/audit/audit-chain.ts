import { createHmac, hash, randomBytes } from 'node:crypto';

/** Lines whose hash is taken together at most, and milliseconds for which they are gathered: one hash for each costs more. */
const block = { lines: 64, duration: 20 };

/**
 * Chains the lines of one run of the broker, so that none can be dropped, altered or moved unnoticed: each has a number and
 * the hash of the lines before it, and now and then a head is sealed with a key that a writer of the log does not have.
 * Lines in quick succession are hashed together, and then share the hash of those before them.
 */
export class AuditChain {
  readonly #id = randomBytes(9).toString('base64url');
  #next = 0;
  #previous = '';
  #suffix = this.#suffixOf('');
  #gathered = '';
  #count = 0;
  #since = -Infinity;

  constructor(private readonly key: Buffer) {}

  /** @param text a JSON object without its closing brace @param now milliseconds @returns the line */
  append(text: string, now: number): string {
    if (this.#count >= block.lines || now - this.#since > block.duration) this.#close(now);
    return this.#add(`${text}${this.#suffix}${this.#next}}\n`);
  }

  /** A sealed head: what stands before it can be altered by the owner of the key only. @param text as of `append` */
  seal(text: string, now: number): string {
    this.#close(now);
    const sealed = `${text}${this.#suffix}${this.#next}`;
    return this.#add(`${sealed},"seal":"${sealOf(sealed, this.key)}"}\n`);
  }

  #add(line: string): string {
    this.#next += 1;
    this.#count += 1;
    this.#gathered += line;
    return line;
  }

  #close(now: number): void {
    this.#since = now;
    if (this.#count === 0) return;
    this.#previous = hash('sha256', this.#gathered, 'base64url');
    this.#suffix = this.#suffixOf(this.#previous);
    this.#gathered = '';
    this.#count = 0;
  }

  #suffixOf(previous: string): string {
    return `,"chain":"${this.#id}","previous":"${previous}","seq":`;
  }
}

/** @param text of a head up to its seal */
export function sealOf(text: string, key: Buffer): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
