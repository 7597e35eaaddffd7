import { createHash } from 'node:crypto';

/** A diagram of a page, in Mermaid's language: GitHub draws it, and the site has it as a picture. */
export interface Diagram {
  source: string;
  /** In docs/images/diagrams. Its name is made of the source, so that a picture of another source is none of it. */
  picture: string;
}

export const diagramFolder = 'docs/images/diagrams';

export function diagramOf(source: string): Diagram {
  const digest = createHash('sha256').update(source.trim()).digest('hex').slice(0, 12);
  return { source: source.trim(), picture: `${diagramFolder}/${digest}.svg` };
}

export function diagramsIn(page: string): Diagram[] {
  return [...page.matchAll(/^```mermaid\n(.*?)^```$/gms)].map(([, source = '']) => diagramOf(source));
}
