import type { ConsumerApiDocument, OpenApiDocument } from '../core/openapi-document.js';
import { docsPage } from '../pages/docs-page.js';
import { pageAssets } from '../pages/page-assets.js';
import { pageHeaders } from '../pages/page-headers.js';
import type { RequestContext } from './request-context.js';
import { type DocumentResponse, jsonDocument } from './response.js';

/** What the page of the docs is made of. */
const files = [
  '/page/icon.svg',
  '/page/status.css',
  '/page/docs.css',
  '/page/reading.js',
  '/page/copy.js',
  '/page/element.js',
  '/page/try-request.js',
] as const;

let rendered: { document: OpenApiDocument; page: DocumentResponse } | undefined;

/** This API, described for the programs and people that use it. */
export const docsRoutes = [
  {
    method: 'GET',
    path: '/openapi.json',
    document: (
      _context: RequestContext,
      _settings: unknown,
      { api: { current } }: { api: ConsumerApiDocument },
    ) => jsonDocument(current),
  },
  {
    method: 'GET',
    path: '/docs',
    document: (
      _context: RequestContext,
      _settings: unknown,
      { api: { current } }: { api: ConsumerApiDocument },
    ) => pageOf(current),
  },
  ...files.map((path) => ({ method: 'GET', path, document: () => asset(path) }) as const),
] as const;

function pageOf(document: OpenApiDocument): DocumentResponse {
  if (rendered?.document !== document) {
    const headers = { ...pageHeaders, 'content-type': 'text/html; charset=utf-8' };
    rendered = { document, page: { headers, text: docsPage(document, false) } };
  }
  return rendered.page;
}

function asset(path: string): DocumentResponse {
  const { text, contentType } = pageAssets.get(path)!;
  return { headers: { ...pageHeaders, 'content-type': contentType }, text };
}
