import type { TLSSocket } from 'node:tls';

export interface ClientCertificate {
  /** In the form and order of RFC 4514. */
  subjectDn: string;
  /** Of the DER, in lower-case hex without colons. */
  sha256: string;
}

/** The certificate that the client showed, when a trusted authority signed it. */
export function clientCertificate(socket: TLSSocket): ClientCertificate | undefined {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return certificate && { subjectDn: rfc4514(certificate.subject), sha256: hex(certificate.fingerprint256) };
}

export function sameSubject(certificate: ClientCertificate, registered: string): boolean {
  return certificate.subjectDn === registered.replaceAll(/(?<!\\), +/g, ',');
}

export function sameFingerprint(certificate: ClientCertificate, registered: string): boolean {
  return certificate.sha256 === hex(registered);
}

/** Node gives one line per relative name, escaped already, first of the certificate first: RFC 4514 begins with the last. */
function rfc4514(subject: string): string {
  const lines = subject.split('\n').map((line) => line.replaceAll(/(?<!\\) \+ /g, '+'));
  return lines.toReversed().join(',');
}

function hex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}
