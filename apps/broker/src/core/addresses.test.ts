import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addressList, addressOf } from './addresses.js';

function from(remoteAddress: string, forwarded?: string, proxies: string[] = []): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return addressOf({ socket: { remoteAddress }, headers } as IncomingMessage, addressList(proxies));
}

describe('the address of a request', () => {
  it.each([
    ['that of its connection', '192.0.2.1', undefined, [], '192.0.2.1'],
    ['IPv4 on a dual-stack socket', '::ffff:192.0.2.1', undefined, [], '192.0.2.1'],
    ['no claim of a client', '192.0.2.1', '198.51.100.7', [], '192.0.2.1'],
    ['the one behind a trusted proxy', '10.0.0.1', '203.0.113.9', ['10.0.0.0/8'], '203.0.113.9'],
    [
      'the last that is not a proxy',
      '10.0.0.1',
      '1.1.1.1, 203.0.113.9, 10.2.3.4',
      ['10.0.0.0/8'],
      '203.0.113.9',
    ],
    ['the IPv6 network', '2001:db8:1:2:3:4:5:6', undefined, [], '2001:db8:1:2::/64'],
    ['the IPv6 network, abbreviated', '2001:db8::1', undefined, [], '2001:db8:0:0::/64'],
    ['the IPv6 client of an IPv6 proxy', 'fd00::1', '2001:db8::7', ['fd00::/8'], '2001:db8:0:0::/64'],
  ])('is %s', (_, remote, forwarded, proxies, address) => {
    expect(from(remote, forwarded, proxies)).toBe(address);
  });
});
