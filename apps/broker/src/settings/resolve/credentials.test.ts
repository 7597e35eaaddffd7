import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificates, someCertificates } from '#test/certificates.js';
import type { ClientCertificate } from '#oauth/request/client-credential.js';
import { assertion } from '#test/cluster-issuer.js';
import { SettingsFolder, secretsOf, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;
let certificates: Certificates;

beforeAll(async () => {
  certificates = await someCertificates();
});
beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

function client(options: Record<string, unknown>) {
  return someSettings({ clientSecret: undefined, ...options });
}

describe('client authentication by a secret', () => {
  it.each(['client_secret_basic', 'client_secret_post'])('%s needs the secret', (clientAuthentication) => {
    expect(folder.faults(client({ clientAuthentication }))).toEqual([
      `clients.rabot.clientSecret: must be set for ${clientAuthentication}`,
    ]);
  });

  it('is warned about parts that it does not use', () => {
    const file = someSettings({ privateKey: certificates.client.key, keyId: 'k' });
    expect(folder.load(file).warnings).toEqual([
      'clients.rabot.privateKey: is not used with client_secret_basic',
      'clients.rabot.keyId: is not used with client_secret_basic',
    ]);
  });

  it('another authentication is a fault that names those there are', () => {
    expect(folder.faults(someSettings({ clientAuthentication: 'guess' }))).toEqual([
      'clients.rabot.clientAuthentication: must be one of client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, self_signed_tls_client_auth, client_assertion, none',
    ]);
  });
});

describe('tls_client_auth', () => {
  const clientAuthentication = 'tls_client_auth';

  it('takes certificate and key', () => {
    const { cert, key } = certificates.client;
    folder.write('chain.pem', `${cert}\n${certificates.ca}\n`);
    const { settings } = folder.load(
      client({ clientAuthentication, certificate: { file: 'chain.pem' }, key }),
    );
    const credential = settings.clients.rabot?.credentials[0] as ClientCertificate;
    expect(credential.certificate).toContain(cert.trim());
    expect(credential.certificate).toContain(certificates.ca.trim());
    expect(credential.key.reveal()).toBe(key.trim());
  });

  it('needs both', () => {
    expect(folder.faults(client({ clientAuthentication }))).toEqual([
      'clients.rabot.certificate: must be set for tls_client_auth',
      'clients.rabot.key: must be set for tls_client_auth',
    ]);
  });

  it('takes two certificates during a rotation, each with the key at its place', () => {
    const [first, second] = [certificates.client, certificates.otherClient];
    const pair = { certificate: [first.cert, second.cert], key: [first.key, second.key] };
    const { settings } = folder.load(client({ clientAuthentication, ...pair }));
    expect(settings.clients.rabot?.credentials).toMatchObject([
      { certificate: first.cert.trim() },
      { certificate: second.cert.trim() },
    ]);
    const swapped = client({ clientAuthentication, ...pair, key: [second.key, second.key] });
    expect(folder.faults(swapped)).toEqual([
      'clients.rabot.key[0]: must be the private key of the certificate',
    ]);
    expect(folder.faults(client({ clientAuthentication, ...pair, key: first.key }))).toEqual([
      'clients.rabot.key: must have a key for each certificate: 2, in their order',
    ]);
  });

  it('may be self-signed: then the certificate itself is registered', () => {
    const { cert: certificate, key } = certificates.stranger;
    const method = { clientAuthentication: 'self_signed_tls_client_auth' };
    expect(folder.load(client({ ...method, certificate, key })).settings.clients.rabot?.credentials).toEqual([
      expect.objectContaining(method),
    ]);
  });

  it('refuses a key that is not that of the certificate', () => {
    const { cert: certificate } = certificates.client;
    const { key } = certificates.otherClient;
    expect(folder.faults(client({ clientAuthentication, certificate, key }))).toEqual([
      'clients.rabot.key: must be the private key of the certificate',
    ]);
  });

  it('refuses what is no certificate, and what is no key', () => {
    const broken = certificates.ca.replace(/\n[^-\n]{20}/, '\n');
    for (const certificate of ['planted', certificates.client.key, broken]) {
      expect(folder.faults(client({ clientAuthentication, certificate, key: 'planted' }))).toEqual([
        'clients.rabot.certificate: must be a certificate in PEM',
        'clients.rabot.key: must be an unencrypted private key in PEM, or a JWK',
      ]);
    }
  });
});

describe('a certificate besides another client authentication', () => {
  it('is shown with each secret of a rotation', () => {
    const { cert: certificate, key } = certificates.client;
    const { settings, warnings } = folder.load(client({ clientSecret: ['one', 'two'], certificate, key }));
    const tls = { certificate: certificate.trim() };
    expect(settings.clients.rabot?.credentials).toMatchObject([{ tls }, { tls }]);
    expect(secretsOf(settings.clients.rabot)).toEqual(['one', 'two']);
    expect(warnings).toEqual([]);
  });

  it('needs its key, and a key its certificate', () => {
    const { cert: certificate, key } = certificates.client;
    expect(folder.faults(someSettings({ certificate }))).toEqual([
      'clients.rabot.key: must be set too: they are a pair',
    ]);
    expect(folder.faults(someSettings({ key }))).toEqual([
      'clients.rabot.certificate: must be set too: they are a pair',
    ]);
  });
});

describe('client_assertion', () => {
  const clientAuthentication = 'client_assertion';

  it('takes the claims of the JWT in the file, and the type jwt-bearer unless another is set', () => {
    const file = folder.write('token', `${assertion({ aud: ['two', 'one'] })}\n`);
    const { settings, warnings } = folder.load(
      client({ clientAuthentication, clientAssertion: { file: 'token' } }),
    );
    expect(settings.clients.rabot?.credentials).toEqual([
      {
        clientAuthentication,
        file,
        type: 'jwt-bearer',
        claims: { iss: 'https://cluster.example', sub: 'broker', aud: ['one', 'two'], exp: 2_000_000_000 },
      },
    ]);
    expect(warnings).toEqual([]);
    const spiffe = client({ clientAuthentication, clientAssertion: { file: 'token', type: 'jwt-spiffe' } });
    expect(folder.load(spiffe).settings.clients.rabot?.credentials).toMatchObject([{ type: 'jwt-spiffe' }]);
  });

  it('needs the file, with a JWT in it', () => {
    const faults = (clientAssertion?: object) => {
      const all = folder.faults(client({ clientAuthentication, clientAssertion }));
      return all.map((fault) => fault.replace(folder.path, ''));
    };
    expect(faults()).toEqual(['clients.rabot.clientAssertion: must be set for client_assertion']);
    expect(faults({ file: 'nowhere' })).toEqual([
      'clients.rabot.clientAssertion.file: must be a readable file: /nowhere (no such file)',
    ]);
    for (const text of ['not-a-jwt', assertion({ sub: undefined })]) {
      folder.write('token', text);
      expect(faults({ file: 'token' })).toEqual([
        'clients.rabot.clientAssertion.file: must lead to a JWT with a subject (sub)',
      ]);
    }
    expect(faults({ file: 'token', type: 'saml' })).toEqual([
      'clients.rabot.clientAssertion.type: must be one of jwt-bearer, jwt-spiffe',
    ]);
  });
});

describe('the authorities to trust', () => {
  it('may be given for every client authentication', () => {
    const { settings, warnings } = folder.load(someSettings({ ca: certificates.ca }));
    expect(settings.clients.rabot?.ca).toBe(certificates.ca.trim());
    expect(warnings).toEqual([]);
  });

  it('must be certificates', () => {
    expect(folder.faults(someSettings({ ca: certificates.client.key }))).toEqual([
      'clients.rabot.ca: must be a certificate in PEM',
    ]);
  });
});

describe('expiresAt', () => {
  it('is the date of the secret, or of each of two', () => {
    const expiries = (file: object) =>
      folder.load(someSettings({ ...file })).settings.clients.rabot?.credentialExpiries;
    expect(expiries({ expiresAt: '2127-03-31' })).toEqual([Date.UTC(2127, 2, 31)]);
    const two = { clientSecret: ['one', 'two'], expiresAt: ['2127-03-31', '2126-12-31T12:00Z'] };
    expect(expiries(two)).toEqual([Date.UTC(2127, 2, 31), Date.UTC(2126, 11, 31, 12)]);
    expect(expiries({})).toEqual([undefined]);
  });

  it('is read from a certificate, and may be earlier', () => {
    const { cert: certificate, key } = certificates.client;
    const own = { clientAuthentication: 'tls_client_auth', certificate, key };
    const expiry = (fields: object) =>
      folder.load(client({ ...own, ...fields })).settings.clients.rabot?.credentialExpiries?.[0];
    const end = expiry({})!;
    expect(end).toBeGreaterThan(Date.now());
    expect(expiry({ expiresAt: '2127-03-31' })).toBe(end);
    expect(expiry({ expiresAt: '2020-03-31' })).toBe(Date.UTC(2020, 2, 31));
  });

  it('is warned about when it is past, and refused when it is no date or there are too many', () => {
    expect(folder.load(someSettings({ expiresAt: '2020-03-31' })).warnings).toEqual([
      'clients.rabot.expiresAt: is in the past',
    ]);
    for (const expiresAt of ['31.03.2027', '2027-13-31', 20270331, []]) {
      expect(folder.faults(someSettings({ expiresAt }))).toEqual([
        'clients.rabot.expiresAt: must be a date such as 2027-03-31, an instant such as 2027-03-31T12:00:00Z, or a list of one or two',
      ]);
    }
    expect(folder.faults(someSettings({ expiresAt: ['2027-03-31', '2027-03-31'] }))).toEqual([
      'clients.rabot.expiresAt: must not have more dates than there are credentials: 1',
    ]);
  });
});
