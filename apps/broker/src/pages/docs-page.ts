import { html, type Html, prose } from './html.js';
import type { OpenApiDocument } from '../core/openapi-document.js';
import { credentialNames, type Endpoint, endpointsOf, operationSection } from './operation-section.js';

interface Chapter {
  name: string;
  description: string;
  endpoints: readonly Endpoint[];
}

/**
 * The document as a page to read. It is complete without scripts, which copy, find and send a request.
 * @param hasStatusPage whether the status page is on the same port
 */
export function docsPage(document: OpenApiDocument, hasStatusPage: boolean): string {
  const { info, tags, components } = document;
  const chapters = tags.map((tag) => ({
    ...tag,
    endpoints: endpointsOf(document).filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  return html`<!doctype html>
    <html lang="en">
      ${head(info, hasStatusPage)}
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        ${top(info, hasStatusPage)}
        <div class="columns">
          <nav aria-label="Endpoints">
            <ul role="list">
              <li><a href="#credentials">Credentials</a></li>
            </ul>
            ${chapters.map(navigation)}
          </nav>
          <main id="content" tabindex="-1">
            ${introduction(document)} ${credentials(components)}
            ${chapters.map((chapter) => section(chapter, components))}
          </main>
        </div>
      </body>
    </html>`.text;
}

function head({ title, summary }: OpenApiDocument['info'], hasStatusPage: boolean): Html {
  return html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}: ${summary}</title>
    <link rel="icon" href="page/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="page/status.css" />
    <link rel="stylesheet" href="page/docs.css" />
    ${hasStatusPage ? '' : html`<script type="module" src="page/try-request.js"></script>`}
    <script type="module" src="page/reading.js"></script>
  </head>`;
}

function top({ title, summary, version }: OpenApiDocument['info'], hasStatusPage: boolean): Html {
  return html`<header class="top">
    <img src="page/icon.svg" alt="" width="28" height="28" />
    <h1>${title}</h1>
    <p class="replica">${summary}, version ${version}</p>
    <p class="links">
      <a href="openapi.json">openapi.json</a> ${hasStatusPage ? html`<a href="./">Status</a>` : ''}
    </p>
  </header>`;
}

function introduction({ info, servers }: OpenApiDocument): Html {
  return html`<section aria-labelledby="about">
    <h2 id="about">How to ask for tokens</h2>
    ${info.description.split('\n\n').map((text) => html`<p>${prose(text)}</p>`)}
    <p>
      The broker is at <code>${servers[0]!.url}</code>. Its page <code>/docs</code> there sends requests, too.
    </p>
  </section>`;
}

function credentials({ securitySchemes }: OpenApiDocument['components']): Html {
  const schemes = Object.entries(securitySchemes).map(
    ([name, { description }]) =>
      html`<div>
        <dt>${credentialNames[name]!}</dt>
        <dd>${prose(description)}</dd>
      </div>`,
  );
  return html`<section aria-labelledby="credentials">
    <h2 id="credentials">Credentials</h2>
    <dl class="credentials">${schemes}</dl>
  </section>`;
}

function section(
  { name, description, endpoints }: Chapter,
  { schemas }: OpenApiDocument['components'],
): Html {
  return html`<section aria-labelledby="${idOf(name)}">
    <h2 id="${idOf(name)}">${name}</h2>
    <p>${prose(description)}</p>
    ${endpoints.map((endpoint) => operationSection(endpoint, schemas))}
  </section>`;
}

function navigation({ name, endpoints }: Chapter): Html {
  return html`<h2><a href="#${idOf(name)}">${name}</a></h2>
    <ul role="list">
      ${endpoints.map(
        ({ path, operation }) =>
          html`<li>
            <a href="#${operation.operationId}"><span>${operation.summary}</span> <code>${path}</code></a>
          </li>`,
      )}
    </ul>`;
}

function idOf(tag: string): string {
  return `tag-${tag.toLowerCase()}`;
}
