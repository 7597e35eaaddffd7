import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Certificates, someCertificates } from '#test/certificates.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;
let certificates: Certificates;

beforeEach(async () => {
  [folder, certificates] = [new SettingsFolder(), await someCertificates()];
});
afterEach(() => folder.remove());

const withTls = (listen: object, management: object = {}) =>
  someSettings({}, {}, { listen: { tls: listen }, management });

describe('listen.tls', () => {
  it('is read from files, and its version is TLS 1.2 unless it says otherwise', () => {
    const { server, ca } = certificates;
    const [certificate, key] = [folder.write('tls.crt', server.cert), folder.write('tls.key', server.key)];
    const tls = { certificate: { file: certificate }, key: { file: key }, clientCa: ca };
    const { settings, sources } = folder.load(
      withTls(tls, { tls: { certificate: server.cert, key: server.key } }),
    );
    expect(settings.listen.tls).toMatchObject({
      certificate: server.cert.trim(),
      clientCa: ca.trim(),
      minVersion: 'TLSv1.2',
    });
    expect(settings.listen.tls?.key.reveal()).toBe(server.key.trim());
    expect(settings.management.tls?.certificate).toBe(server.cert.trim());
    expect(sources).toEqual(expect.arrayContaining([certificate, key]));
  });

  it.each<[string, (some: Certificates) => object, string]>([
    [
      'the key of another certificate',
      ({ server, client }) => ({ certificate: server.cert, key: client.key }),
      'listen.tls.key: must be the private key of the certificate',
    ],
    ['no key', ({ server }) => ({ certificate: server.cert }), 'listen.tls.key: must be set'],
    [
      'an old version',
      ({ server }) => ({ certificate: server.cert, key: server.key, minVersion: 'TLSv1.1' }),
      'listen.tls.minVersion: must be one of TLSv1.2, TLSv1.3',
    ],
    [
      'an authority that is no certificate',
      ({ server }) => ({ certificate: server.cert, key: server.key, clientCa: 'x' }),
      'listen.tls.clientCa: must be a certificate in PEM',
    ],
  ])('is refused with %s', (_, tls, fault) => {
    expect(folder.faults(withTls(tls(certificates)))).toEqual([fault]);
  });

  it('has no authority of client certificates on the management side', () => {
    const { server, ca } = certificates;
    const tls = { certificate: server.cert, key: server.key };
    expect(folder.faults(withTls(tls, { tls: { ...tls, clientCa: ca } }))).toEqual([
      'management.tls.clientCa: unknown setting',
    ]);
  });
});
