import { readFile } from 'node:fs/promises';
import { TokenBrokerError } from './token-broker-error.js';

/**
 * What this consumer authenticates with: an API key or a workload JWT. A file is read for each request to the broker,
 * and so is never older than its last change; a function is called for each.
 */
export type CredentialSource = string | { file: string } | (() => string | Promise<string>);

/** Printed, it shows nothing: the source is private. */
export class Credential {
  readonly #source: CredentialSource;

  constructor(source: CredentialSource) {
    this.#source = source;
  }

  /**
   * The value of the `Authorization` header.
   * @throws TokenBrokerError `credential_unavailable`
   */
  async authorization(): Promise<string> {
    const credential = (await this.#read()).trim();
    // Checked here: fetch would quote the whole value in its error.
    if (/^[\x21-\x7E]+$/.test(credential)) return `Bearer ${credential}`;
    throw unavailable(
      credential === '' ? 'is empty' : 'contains a character that is not allowed in a header',
    );
  }

  async #read(): Promise<string> {
    const source = this.#source;
    if (typeof source === 'string') return source;
    try {
      return String(typeof source === 'function' ? await source() : await readFile(source.file, 'utf8'));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException | undefined)?.code;
      throw unavailable(`could not be read${typeof code === 'string' ? ` (${code})` : ''}`, error);
    }
  }
}

function unavailable(what: string, cause?: unknown): TokenBrokerError {
  const message = `the credential for the token broker ${what}`;
  return new TokenBrokerError('credential_unavailable', message, { cause });
}
