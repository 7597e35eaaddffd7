import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { type Finding, fault, warning } from './finding.js';

/** Milliseconds. A look-up that takes longer than the first is worth a warning; none is waited for beyond the second. */
const lookupTime = { slow: 1_000, most: 5_000 };

/** Milliseconds for a connection to one address. */
const connectTime = 2_000;

/** Of many addresses the first ones are tried. */
const mostTried = 6;

export interface Addresses {
  /** None when the name does not resolve: the token request shows why. */
  addresses: string[];
  /** How long the look-up took. */
  milliseconds: number;
}

type Resolve = (name: string) => Promise<string[]>;

const bySystem: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

export async function addressesOf(hostname: string, resolve: Resolve = bySystem): Promise<Addresses> {
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  const startedAt = performance.now();
  const { promise: late, resolve: giveUp } = Promise.withResolvers<string[]>();
  const timer = setTimeout(() => giveUp([]), lookupTime.most);
  const addresses = await Promise.race([resolve(name).catch(() => []), late]);
  clearTimeout(timer);
  return { addresses, milliseconds: performance.now() - startedAt };
}

export function lookupFindings(hostname: string, milliseconds: number): Finding[] {
  if (milliseconds < lookupTime.slow) return [];
  const hints = [
    'check the name servers of this machine (/etc/resolv.conf; in Kubernetes ndots and the DNS service): each new connection waits for them',
  ];
  const took = `${(milliseconds / 1_000).toFixed(1)} s`;
  return milliseconds >= lookupTime.most
    ? [fault('name_server_slow', `The DNS lookup of ${hostname} got no answer within ${took}.`, hints)]
    : [warning('name_server_slow', `The DNS lookup of ${hostname} took ${took}.`, hints)];
}

/** Of a host with several addresses, those at which no connection can be made while others answer. */
export async function addressFindings(addresses: readonly string[], port: number): Promise<Finding[]> {
  if (addresses.length < 2) return [];
  const tried = addresses.slice(0, mostTried);
  const answers = await Promise.all(tried.map((address) => isReachable(address, port)));
  const unreachable = tried.filter((_, n) => !answers[n]);
  const answering = tried.length - unreachable.length;
  if (unreachable.length === 0 || answering === 0) return [];
  const detail = `No connection can be made to ${unreachable.join(', ')} at port ${port}; ${answering} of ${tried.length} addresses answer.`;
  return [
    warning('address_unreachable', detail, [
      'the broker tries the next address, which delays each new connection: remove the address from DNS, or add a route (usual cause: IPv6 without a route)',
    ]),
  ];
}

function isReachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectTime });
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => settle(true));
    for (const event of ['error', 'timeout']) socket.once(event, () => settle(false));
  });
}

export function portOf({ protocol, port }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'http:' ? 80 : 443;
}
