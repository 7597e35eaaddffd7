import { html, type Html, prose } from './html.js';
import type { OpenApiDocument, Operation, RequestBody, Response, Schema } from '../core/openapi-document.js';
import { code, examples, failureTable, fieldTable, headerTable, parameterTable } from './docs-tables.js';

/** A path, and what it does whatever the method. */
export interface Endpoint {
  path: string;
  methods: readonly string[];
  operation: Operation;
}

type Schemas = Readonly<Record<string, Schema>>;

/** Security schemes, as people call them. */
export const credentialNames: Readonly<Record<string, string>> = {
  consumer: 'Bearer',
  client: 'Basic, or in the form',
};

/** All about one endpoint: how it is asked, what it answers, how it fails and what to do about that. */
export function operationSection({ path, methods, operation }: Endpoint, schemas: Schemas): Html {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const failures = Object.entries(responses).filter(([status]) => Number(status) >= 400);
  return html`<article aria-labelledby="${operationId}">
    <h3 id="${operationId}">${summary}</h3>
    <p class="address">
      <span class="method">${methods.length > 1 ? 'any method' : methods[0]!}</span> <code>${path}</code>
    </p>
    <p>${prose(description)}</p>
    <p class="aside">Credential: ${credentialOf(operation)}</p>
    ${code(operation['x-codeSamples'][0]!.source)} ${parameters.length > 0 ? parameterTable(parameters) : ''}
    ${requestBody === undefined ? '' : bodySection(requestBody, schemas)}
    ${answer(responses['200']!, schemas)}
    <h4>Failures</h4>
    ${failureTable(failures)}
  </article>`;
}

function credentialOf({ security }: Operation): Html {
  const names = security.flatMap((one) => Object.keys(one));
  if (names.length === 0) return html`none`;
  return html`<a href="#credentials">${names.map((name) => credentialNames[name]).join(', ')}</a>`;
}

function bodySection({ description, content }: RequestBody, schemas: Schemas): Html[] {
  return Object.entries(content).map(
    ([type, body]) =>
      html`<h4>Body, ${type}</h4>
        <p>${prose(description)}</p>
        ${fieldTable(resolved(body.schema, schemas))}${examples(body)}`,
  );
}

function answer({ description, headers, content }: Response, schemas: Schemas): Html {
  const bodies = Object.values(content ?? {});
  return html`<h4>Answer <span class="status">200</span></h4>
    <p>${prose(description)}</p>
    ${bodies.map((body) => html`${examples(body)}${fieldTable(resolved(body.schema, schemas))}`)}
    ${headerTable(headers)}`;
}

function resolved(schema: Schema, schemas: Schemas): Schema {
  return schema.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1)!]!;
}

export function endpointsOf({ paths }: OpenApiDocument): Endpoint[] {
  return Object.entries(paths).map(([path, item]) => ({
    path,
    methods: Object.keys(item).map((method) => method.toUpperCase()),
    operation: widest(Object.values(item)),
  }));
}

/** Those of one path differ in what their method leaves out: the one with the most answers, body and all, describes all. */
function widest(operations: readonly Operation[]): Operation {
  const [main] = operations as [Operation];
  const most = operations.toSorted(
    (a, b) => Object.keys(b.responses).length - Object.keys(a.responses).length,
  );
  return { ...most[0]!, operationId: main.operationId, 'x-codeSamples': main['x-codeSamples'] };
}
