import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressesOf, addressFindings, lookupFindings } from './address-findings.js';

describe('the look-up of a host', () => {
  it(
    'that hangs is given up after 5 s, and found as a fault of the name server',
    { timeout: 20_000 },
    async () => {
      const { addresses, milliseconds } = await addressesOf('auth.example', () => new Promise(() => {}));
      expect(addresses).toEqual([]);
      expect(lookupFindings('auth.example', milliseconds)).toMatchObject([
        {
          code: 'name_server_slow',
          severity: 'fault',
          detail: expect.stringContaining('got no answer within'),
        },
      ]);
    },
  );

  it.each([
    [900, []],
    [1_500, ['warning']],
    [4_900, ['warning']],
  ])('that takes %i ms gives %j', (milliseconds, severities) => {
    expect(lookupFindings('auth.example', milliseconds).map(({ severity }) => severity)).toEqual(severities);
  });
});

describe('the addresses of a host', () => {
  async function listening(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    return (server.address() as AddressInfo).port;
  }

  it.each([
    ['the first', ['127.0.0.2', '127.0.0.1']],
    ['the last', ['127.0.0.1', '127.0.0.2']],
    ['one of three', ['127.0.0.1', '127.0.0.2', '127.0.0.1']],
  ])('are named when %s is unreachable and another answers', async (_, addresses) => {
    const findings = await addressFindings(addresses, await listening());
    expect(findings).toMatchObject([
      { code: 'address_unreachable', severity: 'warning', detail: expect.stringContaining('127.0.0.2') },
    ]);
  });

  it.each([[['127.0.0.1']], [['127.0.0.2']], [['127.0.0.2', '127.0.0.3']]])(
    'give no finding of their own for %j: the token request shows what is wrong',
    async (addresses) => {
      expect(await addressFindings(addresses, await listening())).toEqual([]);
    },
  );
});
