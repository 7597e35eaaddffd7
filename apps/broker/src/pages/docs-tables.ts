import { html, type Html, prose } from './html.js';
import type { Example, MediaType, Parameter, Response, Schema } from '../core/openapi-document.js';

export function parameterTable(parameters: readonly Parameter[]): Html {
  const rows = parameters.map(
    ({ name, in: place, required, description, schema }) =>
      html`<tr>
        <th scope="row"><code>${name}</code><small>${place}${required ? ', required' : ''}</small></th>
        <td>${prose(description)} <small>${describeSchema(schema)}</small></td>
      </tr>`,
  );
  return html`<h4>Parameters</h4>
    ${table('Parameters', ['name', 'meaning'], rows)}`;
}

export function fieldTable({ properties = {}, required = [] }: Schema): Html {
  const rows = Object.entries(properties).map(
    ([name, field]) =>
      html`<tr>
        <th scope="row"><code>${name}</code><small>${required.includes(name) ? 'required' : ''}</small></th>
        <td>${prose(field.description ?? '')} <small>${describeSchema(field)}</small></td>
      </tr>`,
  );
  return table('Fields', ['field', 'meaning'], rows);
}

export function headerTable(headers: Response['headers']): Html {
  const rows = Object.entries(headers).map(
    ([name, header]) =>
      html`<tr>
        <th scope="row"><code>${name}</code></th>
        <td>${prose(header.description)}</td>
      </tr>`,
  );
  return table('Headers of the answer', ['header', 'meaning'], rows);
}

export function failureTable(failures: readonly (readonly [string, Response])[]): Html {
  const rows = failures.flatMap(([status, { content, headers }]) =>
    Object.values(Object.values(content ?? {})[0]?.examples ?? {}).map((example) =>
      failureRow(status, headers, example),
    ),
  );
  return table('Failures', ['status', 'when', 'what to do'], rows);
}

function failureRow(
  status: string,
  headers: Response['headers'],
  { summary, description, value }: Example,
): Html {
  const { error } = value as { error: string };
  const named = ['Retry-After', 'WWW-Authenticate'].filter((name) => headers[name]?.required);
  return html`<tr>
    <th scope="row">
      <span class="status">${status}</span>
      <code>${error}</code>${named.map((name) => html`<small>${name}</small>`)}
    </th>
    <td>${prose(summary)}</td>
    <td>
      ${prose(description ?? '')}
      <details>
        <summary>What it says</summary>
        ${code(JSON.stringify(value, undefined, 2))}
      </details>
    </td>
  </tr>`;
}

function table(caption: string, columns: readonly string[], rows: readonly Html[]): Html {
  return html`<div
    class="scroll ${columns.length > 2 ? 'wide' : ''}"
    role="group"
    aria-label="${caption}"
    tabindex="0"
  >
    <table>
      <caption class="hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

export function examples({ examples: some }: MediaType): Html[] {
  return Object.values(some).map(
    ({ summary, value }) =>
      html`<figure>
        <figcaption>${summary}</figcaption>
        ${code(JSON.stringify(value, undefined, 2))}
      </figure>`,
  );
}

export function code(text: string): Html {
  return html`<pre><code>${text}</code></pre>`;
}

/** A schema in a few words. */
export function describeSchema(schema: Schema): string {
  if (schema.const !== undefined) return `always ${schema.const}`;
  if (schema.anyOf !== undefined)
    return schema.anyOf
      .map(describeSchema)
      .filter((word) => word !== '')
      .join(', or ');
  if (schema.type === 'array')
    return ['list', describeSchema(schema.items ?? {})].filter((word) => word !== '').join(' of ');
  if (schema.type === 'integer')
    return ['whole number', range(schema)].filter((word) => word !== '').join(' ');
  return schema.format === 'uri' ? 'URI' : '';
}

function range({ minimum, maximum }: Schema): string {
  if (maximum !== undefined) return `from ${minimum ?? 0} to ${maximum}`;
  return minimum === undefined ? '' : `from ${minimum}`;
}
