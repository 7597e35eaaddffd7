import { routes } from '../../consumer-api/routes.js';
import { metadataOperations } from './metadata-operations.js';
import type { OpenApiDocument, Operation, PathItem, Response } from './openapi.js';
import { withoutBody } from './responses.js';
import { schemas } from './schemas.js';
import { type DescribedOperation, tokenOperations } from './token-operations.js';

/** A proxy may ask with the method of the request that it forwards; these are the usual ones. */
const anyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = (typeof anyMethod)[number];

const description = [
  'Internal services ask the broker for access tokens and never see the credentials of the OAuth clients that it holds.',
  'Whatever goes wrong is told as JSON, with a stable `error` for programs and an `error_description` that says what to do next.',
  'What HTTP itself has a status for keeps it, with `invalid_request`: 404 for an unknown path, 405 for another method (`Allow` names the right ones), 408 for a request that takes too long to arrive, 417 for an unknown `Expect`, 431 for an address and headers over 16 KiB.',
].join('\n\n');

const tags = [
  { name: 'Tokens', description: 'For services that ask the broker itself.' },
  { name: 'OAuth', description: 'For existing OAuth code: it changes one address.' },
  { name: 'Proxies', description: 'For proxies that put a token into requests as they pass.' },
];

const securitySchemes = {
  consumer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'API key of the consumer, or its workload JWT (a Kubernetes service account token, for one): `Authorization: Bearer …`.',
  },
  client: {
    type: 'http',
    scheme: 'basic',
    description:
      'Name of the consumer and its API key, each form-url-encoded (`client_secret_basic`, RFC 6749 §2.3.1). Without it the credential is in the form: `client_secret_post`, or a workload JWT as `client_assertion` (RFC 7523).',
  },
} as const;

/**
 * The consumers' side, made of the tables that serve it.
 * @param server where consumers reach it
 */
export function apiDocument(server: string, version: string): OpenApiDocument {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Token broker',
      version,
      summary: "The consumers' side",
      description,
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: server, description: 'The broker; `publicUrl` in its settings names another address.' }],
    tags,
    paths: paths(server),
    components: { schemas, securitySchemes },
  };
}

function paths(server: string): Record<string, PathItem> {
  const operations = { ...tokenOperations, ...metadataOperations };
  return Object.fromEntries(
    routes.map(({ path, method }) => [pathOf(path), pathItem(method, operations[path], server)]),
  );
}

/** `/a/:b/*` is `/a/{b}/{rest}`. */
function pathOf(url: string): string {
  return url.replace(/:(\w+)/g, '{$1}').replace('*', '{rest}');
}

function pathItem(
  routeMethod: (typeof routes)[number]['method'],
  described: DescribedOperation,
  server: string,
): PathItem {
  const methods = routeMethod === 'any' ? anyMethod : [routeMethod];
  const [main] = methods;
  return Object.fromEntries(
    methods.map((method) => {
      const name = described.operationId + (method === main ? '' : capitalized(method));
      return [method.toLowerCase(), operationOf({ ...described, operationId: name }, method, server)];
    }),
  );
}

function operationOf(described: DescribedOperation, method: Method, server: string): Operation {
  const { sample, responses, ...rest } = described;
  const told = Object.entries(responses).filter(([status]) => status !== '413' || readsBody(method));
  const source = curlLine(method, server, sample);
  return {
    ...rest,
    responses: Object.fromEntries(told.map(([status, one]) => [status, answerTo(method, one)])),
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source }],
  };
}

function curlLine(method: Method, server: string, { target, options }: DescribedOperation['sample']): string {
  const isSaid = method === 'GET' || options.some((option) => option.startsWith('-d '));
  const how = method === 'HEAD' ? ['--head'] : [`-X ${method}`];
  return [`curl -s '${server}${target}'`, ...(isSaid ? [] : how), ...options].join(' \\\n  ');
}

/** A body of other requests is left unread. */
function readsBody(method: Method): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

function answerTo(method: Method, response: Response): Response {
  return method === 'HEAD' ? withoutBody(response) : response;
}

function capitalized(method: Method): string {
  return method.charAt(0) + method.slice(1).toLowerCase();
}
