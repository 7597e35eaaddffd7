import type { AddressInfo } from 'node:net';

/** Where a server listens that is bound to this address. */
export function listeningUrl({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
