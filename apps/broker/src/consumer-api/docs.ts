import type { OpenApiDocument } from '../core/openapi-document.js';
import { docsPage } from '../pages/docs-page.js';
import { pageAssets } from '../pages/page-assets.js';
import { pageHeaders } from '../pages/page-headers.js';
import { type DocumentResponse, jsonDocument } from './response.js';
import type { DocumentRoute } from './routes.js';

/** What the page of the docs is made of. */
const files = [
  '/page/icon.svg',
  '/page/status.css',
  '/page/docs.css',
  '/page/reading.js',
  '/page/copy.js',
  '/page/element.js',
  '/page/try-request.js',
];

let rendered: { document: OpenApiDocument; page: DocumentResponse } | undefined;

/** This API, described for the programs and people that use it. */
export const docsRoutes: readonly DocumentRoute[] = [
  {
    method: 'GET',
    path: '/openapi.json',
    document: (_context, _settings, { api }) => jsonDocument(api.current),
  },
  { method: 'GET', path: '/docs', document: (_context, _settings, { api }) => pageOf(api.current) },
  ...files.map((path): DocumentRoute => ({ method: 'GET', path, document: () => asset(path) })),
];

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
