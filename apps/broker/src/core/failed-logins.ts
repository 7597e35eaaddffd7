import { BlockList, isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { RateLimit } from '#consumers/rate-limit.js';

/** Failed authentications of one address: more than a consumer makes by mistake, and less than costs others anything. */
const perSecond = 50;
/** Addresses that are remembered. */
const maxAddresses = 10_000;

/**
 * Failed authentications by address. Guessing API keys and forging JWTs costs the attacker nothing, and each attempt as
 * much as several requests: beyond the limit, credentials from that address that are not known yet are not verified.
 */
export class FailedLogins {
  readonly #limits = new LRUCache<string, RateLimit>({ max: maxAddresses });

  /**
   * @param now milliseconds of the monotonic clock
   * @throws Failure `slow_down`
   */
  check(address: string, now: number): void {
    this.#limits.get(address)?.check(now);
  }

  /** @param now milliseconds of the monotonic clock */
  count(address: string, now: number): void {
    let limit = this.#limits.get(address);
    if (limit === undefined) this.#limits.set(address, (limit = failureLimit()));
    limit.charge(now);
  }
}

function failureLimit(): RateLimit {
  return new RateLimit(
    perSecond,
    'too many credentials from this address were refused; check its credential, and ask again later',
  );
}

/**
 * The address from which a request comes: that of the connection, or, behind trusted proxies, the last one in
 * `X-Forwarded-For` that is not theirs. What stands before it is the client's own claim. Of IPv6 the first 64 bits count,
 * as a client has all addresses of its network.
 */
export function addressOf({ socket, headers }: IncomingMessage, trustedProxies: BlockList): string {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').slice(-20).toReversed();
  let address = plainAddress(socket.remoteAddress ?? '');
  for (const hop of forwarded) {
    if (!isIn(trustedProxies, address)) break;
    address = plainAddress(hop.trim());
  }
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

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** IPv4 as IPv4, also where a dual-stack socket maps it (RFC 4291 §2.5.5.2). */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '');
}

function network64(address: string): string {
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const [front, back] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = tail === undefined ? 0 : 8 - front!.length - back!.length;
  const groups = [...front!, ...Array<string>(Math.max(0, zeros)).fill('0'), ...back!];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
