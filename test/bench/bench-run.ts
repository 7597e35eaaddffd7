import type { Figure } from './report/figure.js';

/** What a part is given to work with. */
export interface BenchRun {
  /** A smoke test: everything happens once, and as briefly as it can. */
  quick: boolean;
  /** Has something done when the part is over, whatever came of it; what was begun last ends first. */
  atEnd(end: () => unknown): void;
  /** For somebody who waits. */
  tell(progress: string): void;
}

export interface PartResult {
  figures: Figure[];
  /** What the figures were made of. */
  details?: object;
  /** SVG by the name of its file. */
  charts?: Record<string, string>;
}

export type Part = (run: BenchRun) => Promise<PartResult>;

/** Something that ends before the part does. */
export async function within<T>(run: BenchRun, act: (inner: BenchRun) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = [];
  try {
    return await act({ ...run, atEnd: (end) => void ends.unshift(end) });
  } finally {
    for (const end of ends) await end();
  }
}
