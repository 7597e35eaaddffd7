import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A private key and its certificate, in PEM. */
export interface Identity {
  key: string;
  cert: string;
}

export interface Certificates {
  /** The certificate of the authority that signed all the others. */
  ca: string;
  /** For `localhost` and 127.0.0.1. */
  server: Identity;
  /** Subject `CN=client-1,O=Example` in the order of the certificate, `O=Example,CN=client-1` in that of RFC 4514. */
  client: Identity;
  /** Another client of the same authority: `CN=client-2`. */
  otherClient: Identity;
  /** Subject as `client`, but signed by nobody the authority knows. */
  stranger: Identity;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A throwaway authority and certificates of it, valid from an hour ago for a day. */
export async function someCertificates(): Promise<Certificates> {
  const authority = await Authority.create('CN=throwaway authority');
  const elsewhere = await Authority.create('CN=another authority');
  const clientAuth = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);
  return {
    ca: authority.pem,
    server: await authority.issueForServer(),
    client: await authority.issue('CN=client-1, O=Example', [clientAuth]),
    otherClient: await authority.issue('CN=client-2, O=Example', [clientAuth]),
    stranger: await elsewhere.issue('CN=client-1, O=Example', [clientAuth]),
  };
}

/** Signs certificates. */
export class Authority {
  private constructor(
    readonly certificate: x509.X509Certificate,
    private readonly signingKey: CryptoKey,
  ) {}

  static async create(name: string): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      ...validity([-1, 24]),
      name,
      keys,
      signingAlgorithm: algorithm,
      extensions: ofAuthority(),
    });
    return new Authority(certificate, keys.privateKey);
  }

  /** An authority below this one. */
  async subordinate(subject: string): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity([-1, 24]),
      subject,
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.signingKey,
      signingAlgorithm: algorithm,
      extensions: ofAuthority(),
    });
    return new Authority(certificate, keys.privateKey);
  }

  get pem(): string {
    return this.certificate.toString('pem');
  }

  /** For `localhost`, 127.0.0.1 and these names. */
  issueForServer(names: readonly string[] = []): Promise<Identity> {
    return this.issue('CN=localhost', [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        ...names.map((value) => ({ type: 'dns' as const, value })),
      ]),
    ]);
  }

  /** @param hours from now: the first and the last of its validity */
  async issue(
    subject: string,
    extensions: x509.Extension[],
    hours: readonly [number, number] = [-1, 24],
  ): Promise<Identity> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(hours),
      subject,
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.signingKey,
      signingAlgorithm: algorithm,
      extensions: [new x509.BasicConstraintsExtension(false), ...extensions],
    });
    const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
    return {
      key: x509.PemConverter.encode(key, x509.PemConverter.PrivateKeyTag),
      cert: certificate.toString('pem'),
    };
  }
}

function ofAuthority(): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity([from, to]: readonly [number, number]): { notBefore: Date; notAfter: Date } {
  const hour = 3_600_000;
  return { notBefore: new Date(Date.now() + from * hour), notAfter: new Date(Date.now() + to * hour) };
}
