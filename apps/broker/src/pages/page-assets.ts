import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

export interface PageAsset {
  text: string;
  contentType: string;
  /** RFC 9110 §8.8.3, of the content. */
  etag: string;
}

const folder = new URL('../management/page/assets/', import.meta.url);

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** What the status page is made of, by its path; read once, so that no request ever names a file. */
export const pageAssets: ReadonlyMap<string, PageAsset> = new Map(
  readdirSync(folder)
    .filter((name) => contentTypes[extname(name)] !== undefined)
    .map((name) => [name === 'index.html' ? '/' : `/page/${name}`, read(name)]),
);

function read(name: string): PageAsset {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const digest = createHash('sha256').update(text).digest('base64url');
  return { text, contentType: contentTypes[extname(name)]!, etag: `"${digest}"` };
}
