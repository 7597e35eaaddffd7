import { jsonAnswer } from './answer.js';
import { type Controlled, controlAnswer } from './control.js';
import { jwksPath, metadata, metadataPaths, tokenPath } from './metadata.js';
import { ordersAnswer } from './orders-api.js';
import type { Parts } from './parts.js';
import type { Handler, Routes } from './router.js';

/** @param controlled without it there is no `/control` */
export function routes(parts: Parts, controlled: Controlled | undefined): Routes {
  const { issuer, keys, tokens, exchange } = parts;
  const described: Handler = async () => jsonAnswer(200, metadata(issuer));
  const table: [string, Record<string, Handler>][] = [
    [tokenPath, { POST: (request, response) => exchange.handle(request, response) }],
    ...metadataPaths.map((path): [string, Record<string, Handler>] => [path, { GET: described }]),
    [jwksPath, { GET: async () => jsonAnswer(200, keys.jwks) }],
    ['/partner/v1/orders', { GET: (request) => ordersAnswer(request.headers.authorization, tokens) }],
  ];
  if (controlled !== undefined) {
    const control: Handler = (request) => controlAnswer(request, controlled);
    table.push(['/control', { GET: control, POST: control, DELETE: control }]);
  }
  return new Map(table);
}
