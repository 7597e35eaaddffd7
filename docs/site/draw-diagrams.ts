import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launchBrowser } from '#test/browser.js';
import { diagramFolder, diagramsIn } from './diagrams.js';

// `npm run diagrams`: draws the diagrams of all pages by Mermaid in Chromium, without a network.

interface Mermaid {
  initialize(options: object): void;
  render(id: string, source: string): Promise<{ svg: string }>;
}

const root = join(import.meta.dirname, '../..');
const library = createRequire(import.meta.url).resolve('@mermaid-js/tiny');
// Text as text of SVG: a picture may not hold HTML where it is shown as an image.
const options = {
  startOnLoad: false,
  securityLevel: 'strict',
  theme: 'neutral',
  fontFamily: 'sans-serif',
  htmlLabels: false,
  flowchart: { htmlLabels: false },
};

const pages = ['*.md', 'docs/**/*.md', 'apps/broker/src/management/runbook/*.md'];
const diagrams = globSync(pages, { cwd: root }).flatMap((page) =>
  diagramsIn(readFileSync(join(root, page), 'utf8')),
);
rmSync(join(root, diagramFolder), { recursive: true, force: true });
mkdirSync(join(root, diagramFolder), { recursive: true });
const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  await page.addScriptTag({ path: library });
  for (const { source, picture } of diagrams) {
    const svg = await page.evaluate(
      async ([text, settings]) => {
        const { mermaid } = globalThis as unknown as { mermaid: Mermaid };
        mermaid.initialize(settings);
        return (await mermaid.render('diagram', text)).svg;
      },
      [source, options] as const,
    );
    writeFileSync(join(root, picture), `${svg}\n`);
  }
} finally {
  await browser.close();
}
