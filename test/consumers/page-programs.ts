import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '../../docs');

/** A fenced block of a page that is a program. */
export interface PageProgram {
  /** The heading that it stands under. */
  heading: string;
  code: string;
  /** What it says, in comments that begin with `=>`, that it prints. */
  prints: string;
}

export function pageText(page: string): string {
  return readFileSync(join(docs, page), 'utf8');
}

/** The blocks of a page in docs/ in this language, as they stand there. */
export function programsOf(page: string, language: string): PageProgram[] {
  const text = pageText(page);
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...text.matchAll(fence)].map(({ 1: code = '', index }) => ({
    heading: [...text.slice(0, index).matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? '',
    code,
    prints: [...code.matchAll(/(?:\/\/|#) => (.*)$/gm)].map(([, line]) => `${line}\n`).join(''),
  }));
}
