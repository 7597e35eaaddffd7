import { Ajv2020 } from 'ajv/dist/2020.js';
import type { OpenApiDocument, Operation } from '../../apps/broker/src/core/openapi-document.js';

/** A request to one operation of the document, and what was answered. */
export interface Answered {
  path: string;
  method: string;
  status: number;
  headers: Headers;
  text: string;
}

/** One thing that the document says may be answered: `GET /token 401 invalid_client`. */
export type Line = string;

/** Headers that say something: where one comes, the document must have told so. */
const telling = ['www-authenticate', 'retry-after', 'authorization', 'access-token-sha256', 'allow'];

/** The document, as something that answers are held against. */
export class DescribedApi {
  readonly #ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    formats: { uri: (text) => URL.canParse(text) },
  });

  constructor(readonly document: OpenApiDocument) {
    this.#ajv.addSchema(document, 'openapi.json');
  }

  get operations(): { path: string; method: string; operation: Operation }[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    );
  }

  /** All that may be answered. */
  get lines(): Line[] {
    return this.operations.flatMap(({ path, method, operation }) =>
      Object.entries(operation.responses).flatMap(([status, { content }]) => {
        const errors = Object.values(content ?? {})[0]?.schema.properties?.['error']?.enum ?? [''];
        return errors.map((error) => [method, path, status, error].join(' ').trim());
      }),
    );
  }

  /** Whether a value is of a schema of the document. @param pointer to the schema, its parts not escaped */
  faults(pointer: readonly string[], value: unknown): string {
    const parts = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
    const validate = this.#ajv.getSchema(`openapi.json#/${parts.join('/')}`);
    if (validate === undefined) throw new Error(`there is no schema at ${pointer.join(' ')}`);
    return validate(value) ? '' : this.#ajv.errorsText(validate.errors);
  }

  /** How an answer differs from what the document says. */
  faultsOf({ path, method, status, headers, text }: Answered): string[] {
    const response = this.document.paths[path]?.[method.toLowerCase()]?.responses[status];
    if (response === undefined) return [`${status} is not in the document`];
    const documented = Object.entries(response.headers);
    const names = new Set(documented.map(([name]) => name.toLowerCase()));
    const at = ['paths', path, method.toLowerCase(), 'responses', String(status)];
    return [
      ...telling.filter((name) => headers.has(name) && !names.has(name)),
      ...documented
        .filter(([name, { required }]) => required && !headers.has(name))
        .map(([name]) => `no ${name}`),
      ...documented
        .filter(([name]) => headers.has(name))
        .map(([name]) => this.faults([...at, 'headers', name, 'schema'], headers.get(name))),
      response.content === undefined
        ? text
        : this.faults([...at, 'content', 'application/json', 'schema'], JSON.parse(text)),
    ].filter((fault) => fault !== '');
  }
}

/** What of the document an answer is. */
export function lineOf({ path, method, status, text }: Answered): Line {
  const error = status < 400 || text === '' ? '' : String((JSON.parse(text) as { error: unknown }).error);
  return [method, path, status, error].join(' ').trim();
}
