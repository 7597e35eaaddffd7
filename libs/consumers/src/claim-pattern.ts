/** What ends a segment of a path or subject: `acme/app`, `repo:acme/app:ref:refs/heads/main`. */
const separators = '/:';

const escaped = /[.*+?^${}()|[\]\\]/g;

/**
 * A pattern of a claim, or of a SPIFFE ID: all of the text has to fit. `*` stands for one character or more of one segment,
 * and never for a separator: `acme/*` fits `acme/app` and neither `acme/app/more` nor `other/acme/app`.
 */
export class ClaimPattern {
  readonly #expression: RegExp | undefined;

  constructor(readonly text: string) {
    if (!text.includes('*')) return;
    const source = text
      .split('*')
      .map((part) => part.replaceAll(escaped, String.raw`\$&`))
      .join(`[^${separators}\\p{Cc}]+`);
    this.#expression = new RegExp(`^${source}$`, 'u');
  }

  /** Whether it is more than one text. */
  get isOpen(): boolean {
    return this.#expression !== undefined;
  }

  matches(value: string): boolean {
    return this.#expression === undefined ? value === this.text : this.#expression.test(value);
  }
}

/** More than one `*` in a segment could be matched in many ways, which takes time. */
export function isClaimPattern(text: string): boolean {
  return text !== '' && text.split(/[/:]/).every((segment) => segment.split('*').length <= 2);
}

/** Whether so many segments from the start are written out. */
export function hasLiteralStart(text: string, segments: number): boolean {
  return !text.split(/[/:]/).slice(0, segments).join('/').includes('*');
}
