import { readdirSync } from 'node:fs';
import type { HttpResponse } from '#http/http-response.js';
import type { VendorResponse } from './vendor-response.js';

const folder = new URL('../', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .toSorted();

/** The responses of each vendor, by the name of its file. */
export const corpus: readonly { vendor: string; responses: readonly VendorResponse[] }[] = await Promise.all(
  names.map(async (vendor) => {
    const { responses } = (await import(new URL(`${vendor}.ts`, folder).href)) as {
      responses: readonly VendorResponse[];
    };
    return { vendor, responses };
  }),
);

/** The response as it comes from the network. */
export function received({ status, headers, body }: VendorResponse): HttpResponse {
  return {
    status,
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}
