import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net';
import type { IncomingMessage } from 'node:http';

/**
 * The address from which a request comes: that of the connection, or, behind trusted proxies, the last one in
 * `X-Forwarded-For` that is not theirs. What stands before it is the client's own claim.
 */
export function clientAddressOf({ socket, headers }: IncomingMessage, trustedProxies: BlockList): string {
  let address = plainAddress(socket.remoteAddress ?? '');
  const header = headers['x-forwarded-for'];
  if (header === undefined) return address;
  const forwarded = [header].flat().join(',').split(',').slice(-20).toReversed();
  for (const hop of forwarded) {
    if (!isIn(trustedProxies, address)) break;
    address = plainAddress(withoutPort(hop.trim()));
  }
  // What a proxy has passed on may be anything.
  return isIP(address) === 0 ? 'unknown' : address;
}

/** The same, for limits: of IPv6 the first 64 bits count, as a client has all addresses of its network. */
export function addressOf(request: IncomingMessage, trustedProxies: BlockList): string {
  const address = clientAddressOf(request, trustedProxies);
  return isIPv6(address) ? network64(address) : address;
}

/** @throws Error of Node.js when one is neither an address nor a network as `10.0.0.0/8` */
export function addressList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

export function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * IPv4 as IPv4, also where a dual-stack socket or a proxy maps it (RFC 4291 §2.5.5.2), in any notation; of a link-local
 * address not the interface.
 */
export function plainAddress(text: string): string {
  if (!text.includes(':')) return text;
  const [address = ''] = text.split('%', 1);
  if (!isIPv6(address)) return text;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=[\d.]+$)/, '');
}

/** Azure Application Gateway and IIS append the port to what they pass on; IPv6 stands in brackets then (RFC 3986). */
function withoutPort(hop: string): string {
  return hop.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
}

function network64(address: string): string {
  const [head = '', tail] = address.split('::');
  const [front, back] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = tail === undefined ? 0 : 8 - front!.length - back!.length;
  const groups = [...front!, ...Array<string>(Math.max(0, zeros)).fill('0'), ...back!];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
