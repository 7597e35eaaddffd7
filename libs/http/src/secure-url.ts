/** Whether a secret may be sent there: https, or http to this machine (for development and tests). */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** Whether it is this machine. `URL` has rewritten every form of an IPv4 address to its four decimal parts already. */
export function isLoopback({ hostname }: URL): boolean {
  return loopbackHost.test(hostname);
}

/** A host of a URL that is this machine: localhost, 127.0.0.0/8 (RFC 1122 §3.2.1.3), ::1. */
export const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
