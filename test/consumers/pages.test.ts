import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageText } from './page-programs.js';

const docs = join(import.meta.dirname, '../../docs');
const pages = globSync('**/*.md', { cwd: docs });

function linksOf(page: string): string[] {
  return [...pageText(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
}

describe('docs/README.md', () => {
  it('leads to every other page', () => {
    const others = pages.filter((page) => page !== 'README.md');
    expect(others.length).toBeGreaterThan(10);
    expect(others.filter((page) => !linksOf('README.md').includes(page))).toEqual([]);
  });

  it.each(pages)('%s has links to files that are there', (page) => {
    const dead = linksOf(page).filter((target) => !existsSync(join(dirname(join(docs, page)), target)));
    expect(dead).toEqual([]);
  });
});
