import { createInterface } from 'node:readline/promises';
import { type Call, type Context, UsageError } from '../command.js';

export interface Question {
  option: string;
  text: string;
  fallback?: string | undefined;
  /** What is wrong with an answer, to be read after the name of the option: `must be ...` */
  fault(answer: string): string | undefined;
}

/** Takes answers from the options, or else from a person at a terminal. */
export class Questions {
  readonly #missing: string[] = [];

  constructor(
    private readonly call: Call,
    private readonly context: Context,
  ) {}

  /** @throws UsageError for an option that is wrong */
  async answer({ option, text, fallback, fault }: Question): Promise<string> {
    const given = this.call.text(option);
    if (given !== undefined) {
      const wrong = fault(given);
      if (wrong !== undefined) throw new UsageError(`init: --${option} ${wrong}`);
      return given;
    }
    const { stdin } = this.context;
    if (!stdin?.isTTY) {
      if (fallback === undefined || fault(fallback) !== undefined) this.#missing.push(`--${option}`);
      return fallback ?? '';
    }
    return this.#asked(stdin, { option, text, fallback, fault });
  }

  /** @throws UsageError naming the options that are needed where no one can be asked */
  check(): void {
    if (this.#missing.length === 0) return;
    throw new UsageError(`init: there is no terminal to ask questions on; set ${this.#missing.join(', ')}`);
  }

  async #asked(stdin: NodeJS.ReadStream, { text, fallback = '', fault }: Question): Promise<string> {
    const terminal = createInterface({ input: stdin, output: process.stderr });
    const stopping = new AbortController();
    // The input has ended, or Ctrl-C: there will be no answer.
    terminal.once('close', () => stopping.abort());
    try {
      for (;;) {
        const shown = fallback === '' ? '' : ` [${fallback}]`;
        const answer =
          (await terminal.question(`${text}${shown}: `, { signal: stopping.signal })).trim() || fallback;
        const wrong = fault(answer);
        if (wrong === undefined) return answer;
        this.context.output.error(`  it ${wrong}`);
      }
    } catch {
      throw new UsageError('init: the questions were not answered; nothing was written');
    } finally {
      terminal.close();
    }
  }
}
