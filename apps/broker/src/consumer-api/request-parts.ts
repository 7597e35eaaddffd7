import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';

/** All values of a header, as they came: Node's own `headers` keeps the first one of some, and says nothing of others. */
export function headerValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at] as string;
    if (header.length === name.length && header.toLowerCase() === name)
      values.push(rawHeaders[at + 1] as string);
  }
  return values;
}

/** How often a header came. */
export function headerCount({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at] as string;
    if (header.length === name.length && header.toLowerCase() === name) count++;
  }
  return count;
}

/** Joined, several are no credential: what stands in front of the broker may have looked at another one than we would. */
export function authorizationOf(request: IncomingMessage): string | undefined {
  if (headerCount(request, 'authorization') < 2) return request.headers.authorization;
  return headerValues(request, 'authorization').join(', ');
}

/** RFC 9112 §3.2: HTTP/1.0 did without. */
export function hasOneHost(request: IncomingMessage): boolean {
  const hosts = headerCount(request, 'host');
  return hosts === 1 || (hosts === 0 && request.httpVersion === '1.0');
}

/** The query as it was sent: parsing it is ours, as a lenient parser would widen what is asked for. */
export function queryOf({ url }: FastifyRequest): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}
