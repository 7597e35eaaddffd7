import type { DestinationStream } from 'pino';
import type { AuditChain } from './audit-chain.js';
import type { AuditField, AuditNames } from './audit-fields.js';

/** Milliseconds between two sealed heads of a chain. */
export const headInterval = 60_000;

export type AuditLevel = 'info' | 'warn';
export type AuditValues = Partial<Record<AuditField, string | number | boolean | undefined>>;

export interface AuditLogParts {
  output: DestinationStream;
  names: AuditNames;
  origin: { service: string; version: string; replica: string };
  chain?: AuditChain | undefined;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** Where all lines of the audit are written: in one form, with where they come from, and chained where that is configured. */
export class AuditLog {
  readonly names: AuditNames;
  /** Of each line. */
  readonly #origin: string;
  /** The same, of a line without a chain. */
  readonly #end: string;
  readonly #now: () => number;
  #heads: NodeJS.Timeout | undefined;

  constructor(private readonly parts: AuditLogParts) {
    this.names = parts.names;
    this.#origin = `,${this.fieldsOf(parts.origin)}`;
    this.#end = `${this.#origin}}\n`;
    this.#now = parts.now ?? Date.now;
    if (parts.chain === undefined) return;
    this.#writeHead(false);
    this.#heads = setInterval(() => this.#writeHead(false), headInterval).unref();
  }

  line(level: AuditLevel, values: AuditValues, msg: string): void {
    this.write(this.#textOf(level, values, msg));
  }

  /** @param text a JSON object without its closing brace and what `#origin` has */
  write(text: string): void {
    const { output, chain } = this.parts;
    output.write(chain === undefined ? text + this.#end : chain.append(text + this.#origin, this.#now()));
  }

  /** The fields of a JSON object without its braces, by the names of the format. */
  fieldsOf(values: AuditValues): string {
    const named = Object.entries(values).map(([field, value]) => [this.names[field as AuditField], value]);
    return JSON.stringify(Object.fromEntries(named)).slice(1, -1);
  }

  /** The last line of this run. */
  end(): void {
    clearInterval(this.#heads);
    this.#writeHead(true);
  }

  #writeHead(end: boolean): void {
    const { output, chain } = this.parts;
    const values = end ? { audit: 'head', end } : { audit: 'head' };
    const text = this.#textOf('info', values, 'sealed head of the audit') + this.#origin;
    if (chain !== undefined) output.write(chain.seal(text, this.#now()));
  }

  #textOf(level: AuditLevel, values: AuditValues, msg: string): string {
    const time = new Date(this.#now()).toISOString();
    return `{${this.fieldsOf({ level, time, ...values, msg })}`;
  }
}
