import { html, type Html, prose, readingPage } from './html.js';
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
  const { title, summary, version } = info;
  return readingPage({
    title: `${title}: ${summary}`,
    scripts: hasStatusPage ? [] : ['try-request'],
    heading: title,
    top: html`<p class="replica">${summary}, version ${version}</p>
      <p class="links">
        <a href="openapi.json">openapi.json</a> ${hasStatusPage ? html`<a href="./">Status</a>` : ''}
      </p>`,
    navigation: [
      'Endpoints',
      html`<ul role="list">
          <li><a href="#credentials">Credentials</a></li>
        </ul>
        ${chapters.map(navigation)}`,
    ],
    main: [
      introduction(document),
      credentials(components),
      ...chapters.map((chapter) => section(chapter, components)),
    ],
  });
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
