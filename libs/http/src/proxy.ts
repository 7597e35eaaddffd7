import { BlockList, isIP } from 'node:net';
import type { Secret } from '#tokens/model/secret.js';

export interface ProxyOptions {
  /** Its address: http or https, without user and password. */
  url: URL;
  /** `user:password`, sent to it by Basic (RFC 7617). */
  login?: Secret | undefined;
  /** Targets that are reached without it, as in `NO_PROXY`. */
  exceptions?: readonly string[] | undefined;
  /** PEM: for a proxy at an https URL, the authorities to trust instead of the usual ones. */
  ca?: string | undefined;
}

/**
 * An HTTP proxy that makes tunnels (CONNECT, RFC 9110 §9.3.6). Only TLS goes through it: a request in clear would show it
 * our secrets, and is made to this machine only anyway.
 */
export class Proxy {
  readonly url: URL;
  readonly login: Secret | undefined;
  readonly ca: string | undefined;
  readonly #exceptions: readonly ((host: string, port: string) => boolean)[];

  constructor({ url, login, exceptions = [], ca }: ProxyOptions) {
    this.url = url;
    this.login = login;
    this.ca = ca;
    this.#exceptions = exceptions.map(exception);
  }

  /** Whether requests to this target go through it. */
  isFor({ protocol, hostname, port }: URL): boolean {
    const host = plainHost(hostname);
    return protocol === 'https:' && !this.#exceptions.some((matches) => matches(host, port || '443'));
  }
}

/**
 * One entry of `NO_PROXY`, by the rules of curl: `*`, a domain with all below it, an address, or a network (CIDR). Names
 * are not resolved for it. Other programs know ports too: `host:port`.
 */
function exception(entry: string): (host: string, port: string) => boolean {
  if (entry === '*') return () => true;
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const target = plainHost((bracketed ?? plain ?? entry).replace(/^\./, ''));
  const matches = networkMatcher(target) ?? domainMatcher(target);
  return (host, actualPort) => (port === undefined || port === actualPort) && matches(host);
}

function networkMatcher(target: string): ((host: string) => boolean) | undefined {
  const [address = '', bits] = target.split('/');
  const family = isIP(address);
  const length = bits === undefined ? addressLength(family) : Number(bits);
  if (family === 0 || !(length >= 0 && length <= addressLength(family))) return undefined;
  const network = new BlockList();
  network.addSubnet(address, length, typeOf(family));
  return (host) => isIP(host) !== 0 && network.check(host, typeOf(isIP(host)));
}

function domainMatcher(domain: string): (host: string) => boolean {
  return (host) => domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function addressLength(family: number): number {
  return family === 6 ? 128 : 32;
}

function typeOf(family: number): 'ipv4' | 'ipv6' {
  return family === 6 ? 'ipv6' : 'ipv4';
}

/** In lower case, without the brackets of an IPv6 address and without the dot of the root. */
function plainHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
