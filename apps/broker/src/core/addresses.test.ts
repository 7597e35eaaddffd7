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
    ['IPv4 that a proxy maps, in hexadecimal', '10.0.0.1', '::FFFF:cb00:7109', ['10.0.0.0/8'], '203.0.113.9'],
    ['behind a proxy that is mapped', '::ffff:10.0.0.1', '203.0.113.9', ['10.0.0.0/8'], '203.0.113.9'],
    ['behind a mapped entry', '10.0.0.1', '203.0.113.9', ['::ffff:10.0.0.0/104'], '203.0.113.9'],
    ['behind a mapped hop', '10.0.0.1', '203.0.113.9, ::ffff:a02:304', ['10.0.0.0/8'], '203.0.113.9'],
    ['without the port that a proxy appends', '10.0.0.1', '203.0.113.9:52011', ['10.0.0.0/8'], '203.0.113.9'],
    ['without brackets', '10.0.0.1', '[2001:db8::7]:443', ['10.0.0.0/8'], '2001:db8:0:0::/64'],
    ['behind a link-local proxy', 'fe80::1%eth0', '203.0.113.9', ['fe80::/10'], '203.0.113.9'],
    ['the network of an interface', 'fe80::1%eth0', undefined, [], 'fe80:0:0:0::/64'],
    ['unknown when the proxy passes on what is none', '10.0.0.1', '_hidden', ['10.0.0.0/8'], 'unknown'],
    ['the IPv6 client of an IPv6 proxy', 'fd00::1', '2001:db8::7', ['fd00::/8'], '2001:db8:0:0::/64'],
  ])('is %s', (_, remote, forwarded, proxies, address) => {
    expect(from(remote, forwarded, proxies)).toBe(address);
  });
});
