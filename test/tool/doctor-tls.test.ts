import { describe, expect, it, onTestFinished } from 'vitest';
import { someCertificates } from '#test/certificates.js';
import { startOidcProvider } from '#test/oidc-provider.js';
import { client } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { diagnosis, settingsFile } from './doctor-report.js';
import { selfSigned } from './self-signed.js';

const day = 24;

describe('the doctor, of TLS', () => {
  it.each([
    ['has expired', 'localhost', [-2 * day, -1], 'tls_expired', /localhost:\d+/],
    ['is not valid yet', 'localhost', [day, 2 * day], 'tls_not_yet_valid', /localhost:\d+/],
    [
      'is for another host name',
      'auth.example',
      [-1, 30 * day],
      'tls_wrong_name',
      /localhost:\d+ .*DNS:auth\.example/,
    ],
    ['ends soon', 'localhost', [-1, 3 * day], 'certificate_ends_soon', /localhost/],
    ['is good', 'localhost', [-1, 30 * day], undefined, /^/],
  ] as const)('says that a certificate %s', async (_, name, [from, to], code, words) => {
    const tls = await selfSigned(name, from, to);
    const server = await runningServer({ name: 'localhost', tls });
    const found = await diagnosis(settingsFile({ rabot: client(server, { ca: tls.cert }) }));
    expect(found.codes).toEqual(code === undefined ? [] : [code]);
    expect(found.status).toBe(code?.startsWith('tls_') ? 1 : 0);
    expect(found.stdout).toMatch(words);
  });

  it.each([
    ['without ca', {}, /certificate of a private authority/],
    ['with another ca', 'other', /ca of this client must contain the authority/],
  ])('says that the authority is unknown, %s', async (_, ca, hint) => {
    const tls = await selfSigned('localhost');
    const server = await runningServer({ name: 'localhost', tls });
    const fields = ca === 'other' ? { ca: (await selfSigned('localhost')).cert } : {};
    const found = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    expect(found.codes).toEqual(['tls_unknown_authority']);
    expect(found.findings[0]?.hints[0]).toMatch(hint);
  });

  it('says that a server speaks plain HTTP', async () => {
    const server = await runningServer();
    const tokenEndpoint = server.tokenEndpoint.replace('http:', 'https:');
    const found = await diagnosis(settingsFile({ rabot: client({ tokenEndpoint }) }));
    expect(found.codes).toEqual(['tls_not_spoken']);
  });

  it('tells a client certificate that the server does not know from other faults', async () => {
    const certificates = await someCertificates();
    const { ca, client: known, stranger } = certificates;
    const provider = await startOidcProvider({ certificates });
    onTestFinished(() => provider.stop());
    const rabot = ({ cert, key }: typeof known) =>
      client(provider, {
        ca,
        clientId: provider.clients.tls_client_auth!.clientId,
        scopes: ['api:partner', 'create:orders'],
        clientAuthentication: 'tls_client_auth',
        certificate: cert,
        key,
        clientSecret: undefined,
      });
    expect((await diagnosis(settingsFile({ rabot: rabot(stranger) }))).codes).toContain('credential_refused');
    // Those of the tests end within a day.
    expect((await diagnosis(settingsFile({ rabot: rabot(known) }))).codes.toSorted()).toEqual([
      'certificate_ends_soon',
      'client_certificate_ends_soon',
    ]);
  });
});
