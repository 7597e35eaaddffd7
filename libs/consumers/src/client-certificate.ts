import { ClaimPattern } from './claim-pattern.js';

/** A client certificate that a connection began with (RFC 8705). */
export interface ClientCertificate {
  /** The one URI of the subject alternative names, when it is a SPIFFE ID. */
  readonly spiffeId: string | undefined;
  /** DNS names, URIs, e-mail and IP addresses. */
  readonly alternativeNames: readonly string[];
  /** As RFC 4514 writes it: `CN=report,O=Example`. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly validUntil: number;
  /** Why it was not accepted by TLS: a code of OpenSSL. */
  readonly error: string | undefined;
  /** The authorities that TLS judged it by, when the connection began: PEM. */
  readonly judgedBy: string | undefined;
  /** Whether one of these has issued it itself: PEM. */
  isIssuedBy(authorities: string): boolean;
}

/** Which certificates are those of a consumer: one of the three. */
export interface CertificateIdentity {
  /** May be a pattern: `spiffe://acme.example/ns/finance/*`. */
  readonly spiffeId?: string | undefined;
  readonly san?: string | undefined;
  readonly subject?: string | undefined;
}

/** Why a certificate proves nothing, in words for the operator; undefined when it does. @param now since 1970 */
export function certificateFault({ validUntil, error }: ClientCertificate, now: number): string | undefined {
  if (error === 'CERT_HAS_EXPIRED' || validUntil <= now) return 'the client certificate has expired';
  if (error === 'CERT_NOT_YET_VALID') return 'the client certificate is not valid yet';
  if (error === undefined) return undefined;
  return `the client certificate is not signed by an authority of listen.tls.clientCa (${error})`;
}

export class CertificateRule {
  readonly #spiffeId: ClaimPattern | undefined;

  constructor(private readonly identity: CertificateIdentity) {
    this.#spiffeId = identity.spiffeId === undefined ? undefined : new ClaimPattern(identity.spiffeId);
  }

  matches({ spiffeId, alternativeNames, subject }: ClientCertificate): boolean {
    const { san, subject: expected } = this.identity;
    if (this.#spiffeId !== undefined) return spiffeId !== undefined && this.#spiffeId.matches(spiffeId);
    return san === undefined ? subject === expected : alternativeNames.includes(san);
  }
}
