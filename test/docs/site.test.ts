import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSite } from '../../docs/site/build.js';
import { diagramFolder, diagramsIn } from '../../docs/site/diagrams.js';

const root = join(import.meta.dirname, '../..');
let site: string;
let pages: string[];

beforeAll(() => {
  site = mkdtempSync(join(tmpdir(), 'site-'));
  buildSite(site);
  pages = globSync('**/*.html', { cwd: site });
});
afterAll(() => rmSync(site, { recursive: true }));

const read = (page: string) => readFileSync(join(site, page), 'utf8');
const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`<[^>]* ${name}="([^"]*)"`, 'g'))].map(([, value]) => value!);

describe('the site of `npm run docs`', () => {
  it('has each page of docs, and loads nothing from elsewhere', () => {
    const sources = globSync('docs/**/*.md', { cwd: root }).map((page) => page.replace(/\.md$/, '.html'));
    expect(sources.filter((page) => !pages.includes(page))).toEqual([]);
    const loaded = pages.flatMap((page) => [
      ...attributes(read(page), 'src'),
      ...[...read(page).matchAll(/<link[^>]*href="([^"]*)"/g)].map(([, href]) => href!),
    ]);
    expect(loaded.filter((address) => /^(https?:)?\/\//.test(address))).toEqual([]);
  });

  it('leads from each link to a page, and to a heading of it', () => {
    const dead = pages.flatMap((page) =>
      attributes(read(page), 'href')
        .filter((href) => !/^(https?:|mailto:)/.test(href))
        .filter((href) => !leads(page, href))
        .map((href) => `${page}: ${href}`),
    );
    expect(dead).toEqual([]);
  });

  it('shows each diagram as a picture, drawn of what the page says now', () => {
    const drawn = globSync('docs/**/*.md', { cwd: root })
      .concat('README.md')
      .flatMap((page) => diagramsIn(readFileSync(join(root, page), 'utf8')));
    expect(drawn.length).toBeGreaterThan(2);
    const missing = drawn.filter(({ picture }) => !existsSync(join(site, picture)));
    expect(missing, 'draw them by `npm run diagrams`').toEqual([]);
    expect(pages.filter((page) => read(page).includes('language-mermaid'))).toEqual([]);
    const pictures = globSync(`${diagramFolder}/*.svg`, { cwd: root }).toSorted();
    expect(pictures).toEqual([...new Set(drawn.map(({ picture }) => picture))].toSorted());
  });

  it('shows pictures that are there, with words for those who do not see them', () => {
    const images = pages.flatMap((page) =>
      [...read(page).matchAll(/<img[^>]* src="([^"]*)"[^>]*>/g)].map(([image, source = '']) => ({
        image,
        isThere: existsSync(join(site, dirname(page), source)),
      })),
    );
    expect(images.filter(({ image, isThere }) => !isThere || !/ alt="[^"]{5,}"/.test(image))).toEqual([]);
  });

  it('links files of the repository that are there', () => {
    const files = pages.flatMap((page) =>
      attributes(read(page), 'href').flatMap(
        (href) => /\/OWNER\/token-broker\/blob\/main\/([^#]+)/.exec(href)?.[1] ?? [],
      ),
    );
    expect(files.length).toBeGreaterThan(20);
    expect([...new Set(files)].filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('is reached from the index: no page stands alone', () => {
    const [reached, next] = [new Set<string>(), ['README.html', 'docs/README.html']];
    for (let page = next.pop(); page !== undefined; page = next.pop()) {
      if (reached.has(page)) continue;
      reached.add(page);
      const here = page;
      const links = attributes(read(here), 'href').filter((href) => /^[^:#]+\.html/.test(href));
      next.push(...links.map((href) => relative(site, join(site, dirname(here), href.split('#')[0]!))));
    }
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });
});

function leads(page: string, href: string): boolean {
  const [path = '', fragment] = href.split('#');
  const file = path === '' ? join(site, page) : join(site, dirname(page), path);
  if (!existsSync(file) || statSync(file).isDirectory()) return false;
  return fragment === undefined || readFileSync(file, 'utf8').includes(`id="${fragment}"`);
}
