import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';
import { diagramOf } from './diagrams.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Of files that the site does not have. */
const repository = `${process.env['REPOSITORY_URL'] ?? 'https://github.com/OWNER/token-broker'}/blob/main/`;
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'apps/broker/src/management/runbook/runbook.md',
  ...globSync('docs/**/*.md', { cwd: root }),
];
const pictures = globSync('docs/images/**/*.{svg,png,jpg}', { cwd: root });

/** Writes the documentation as HTML: pages that need no network, no script and no server. */
export function buildSite(target: string): void {
  rmSync(target, { recursive: true, force: true });
  for (const page of pages) write(join(target, htmlOf(page)), pageOf(page));
  for (const picture of [...pictures, 'docs/site/site.css']) {
    mkdirSync(dirname(join(target, picture)), { recursive: true });
    copyFileSync(join(root, picture), join(target, picture));
  }
}

function pageOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8');
  const title = /^# (.*)$/m.exec(text)?.[1] ?? page;
  const up = toRoot(page);
  const links = [
    ['README.html', 'Token broker'],
    ['docs/README.html', 'Documentation'],
    ['docs/tutorials/first-client.html', 'Tutorials'],
    ['docs/reference/settings.html', 'Settings'],
    ['docs/reference/http.html', 'HTTP'],
    ['apps/broker/src/management/runbook/runbook.html', 'Runbook'],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} · Token broker</title>
<link rel="stylesheet" href="${up}/docs/site/site.css">
</head>
<body>
<nav aria-label="Site">${links.map(([to, name]) => `<a href="${up}/${to}">${name}</a>`).join(' ')}</nav>
<main>
${rendered(text, page)}</main>
</body>
</html>
`;
}

function rendered(text: string, page: string): string {
  const seen = new Map<string, number>();
  const marked = new Marked({
    gfm: true,
    walkTokens(token) {
      if (token.type === 'link' || token.type === 'image')
        token['href'] = siteLink(String(token['href']), page);
    },
    renderer: {
      code({ text: source, lang }) {
        if (lang !== 'mermaid') return false;
        const { picture } = diagramOf(source);
        return `<figure><img src="${toRoot(page)}/${picture}" alt="${escaped(alternative(source))}"></figure>\n`;
      },
      heading({ tokens, depth }) {
        const id = slugOf(tokens.map(({ raw }) => raw).join(''), seen);
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
    },
  });
  const html = marked.parse(text, { async: false });
  return html
    .replaceAll('<table>', '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>')
    .replaceAll('</table>', '</table></div>');
}

/** To a page of the site, a picture in it, or what only the repository has. */
function siteLink(href: string, page: string): string {
  if (/^(https?:|mailto:|#)/.test(href)) return href;
  const [path = '', fragment] = href.split('#');
  const target = join(dirname(page), path);
  const isHere = pages.includes(target) || pictures.includes(target);
  if (!isHere) return repository + target;
  return htmlOf(path) + (fragment === undefined ? '' : `#${fragment}`);
}

function toRoot(page: string): string {
  return relative(dirname(page), '.') || '.';
}

/** What a diagram says, for those who do not see it: its own words, and no arrows. */
function alternative(source: string): string {
  const words = source
    .split('\n')
    .slice(1)
    .map((line) =>
      line
        .replaceAll(/<br>|-+>*|["|()[\]]/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );
  return `Diagram: ${words.join('; ')}`;
}

function htmlOf(page: string): string {
  return page.replace(/\.md$/, '.html');
}

/** As GitHub makes them, so that a fragment leads to the same place on both. */
function slugOf(heading: string, seen: Map<string, number>): string {
  const slug = heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
  const count = seen.get(slug) ?? 0;
  seen.set(slug, count + 1);
  return count === 0 ? slug : `${slug}-${count}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '');
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildSite(process.argv[2] ?? join(root, 'dist/site'));
