import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** A stream that may be a terminal. */
export interface OutputStream extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
}

/** Control characters, and invisible ones: what a server says must not steer a terminal. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Writes lines, and on a terminal one line of progress that goes when it is over. Colours by the wish of `NO_COLOR`. */
export class Output {
  #progressing = false;

  constructor(
    private readonly stdout: OutputStream,
    private readonly stderr: OutputStream,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** A result. */
  line(text = '', style?: Style): void {
    this.#clear();
    this.stdout.write(`${this.#styled(printable(text), style)}\n`);
  }

  json(value: object): void {
    this.#clear();
    const text = JSON.stringify(value, undefined, 2).replaceAll(unprintable, escaped);
    this.stdout.write(`${text}\n`);
  }

  /** What is not the result: why there is none. */
  error(text: string): void {
    this.#clear();
    this.stderr.write(`${printable(text)}\n`);
  }

  /** What is being done, over what was being done before: for those who wait at a terminal. */
  progress(text: string): void {
    if (!this.stderr.isTTY) return;
    this.#clear();
    this.stderr.write(printable(text).slice(0, (this.stderr.columns || 80) - 1));
    this.#progressing = true;
  }

  /** Takes the line of progress away. */
  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#progressing) this.stderr.write('\r\u001B[K');
    this.#progressing = false;
  }

  #styled(text: string, style: Style | undefined): string {
    const { NO_COLOR: noColour, TERM: terminal } = this.environment;
    if (style === undefined || !this.stdout.isTTY || noColour || terminal === 'dumb') return text;
    return styleText(style, text, { validateStream: false });
  }
}

/** As JSON writes it; the line breaks are those between its lines. */
function escaped(character: string): string {
  if (character === '\n') return character;
  const units = Array.from({ length: character.length }, (_, n) => character.charCodeAt(n));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

function printable(text: string): string {
  return text.replaceAll(unprintable, '?');
}

/** `1 client`, `2 clients`. */
export function pluralize(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
