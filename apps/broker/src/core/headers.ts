import type { IncomingMessage } from 'node:http';

/**
 * All values of a header. Node's `headers` keeps the first one of some, and does not say that there were others.
 * @param name in lower case
 */
export function headerValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at] as string;
    if (header.length === name.length && header.toLowerCase() === name)
      values.push(rawHeaders[at + 1] as string);
  }
  return values;
}

/** Several are joined, which makes them no credential: a proxy in front of the broker may have checked either. */
export function authorizationOf(request: IncomingMessage): string | undefined {
  if (headerCount(request, 'authorization', 'Authorization') < 2) return request.headers.authorization;
  return headerValues(request, 'authorization').join(', ');
}

/** RFC 9112 §3.2; HTTP/1.0 has no Host. In HTTP/2 `:authority` is the one, and `Host` must not differ (RFC 9113 §8.3.1). */
export function hasSingleHost(request: IncomingMessage): boolean {
  const hosts = headerCount(request, 'host', 'Host');
  if (request.httpVersionMajor === 2) {
    const { ':authority': authority, host } = request.headers;
    return authority === undefined ? hosts === 1 : hosts === 0 || (hosts === 1 && host === authority);
  }
  return hosts === 1 || (hosts === 0 && request.httpVersion === '1.0');
}

/** @param usual how most clients write the name: to compare it costs less than to change its case */
function headerCount({ rawHeaders }: IncomingMessage, name: string, usual: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at] as string;
    if (header.length !== name.length) continue;
    if (header === usual || header.toLowerCase() === name) count++;
  }
  return count;
}
