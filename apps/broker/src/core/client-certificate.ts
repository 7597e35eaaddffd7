import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '#consumers/client-certificate.js';
import { authoritiesAtBeginning } from './tls.js';

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Read once for each connection. */
const read = new WeakMap<TLSSocket, ClientCertificate>();

/** A name is quoted by Node.js when it could be taken for several. */
const alternativeName = /(?:^|, )(DNS|URI|email|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/** The certificate that the connection of a request began with, good or bad; undefined when there is none. */
export function clientCertificate(request: IncomingMessage): ClientCertificate | undefined {
  const socket = connectionOf(request);
  const known = read.get(socket);
  // The stand-in of HTTP/2 answers to its properties, and not to `in`.
  if (known !== undefined || typeof socket.getPeerX509Certificate !== 'function') return known;
  const certificate = certificateOf(socket);
  if (certificate !== undefined) read.set(socket, certificate);
  return certificate;
}

/** Of HTTP/2 each request has a stand-in for the socket, and the session one for all. It may be no TLS socket. */
function connectionOf(request: IncomingMessage): TLSSocket {
  const { stream } = request as unknown as Partial<Http2ServerRequest>;
  return (stream?.session?.socket ?? request.socket) as TLSSocket;
}

function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const names = [...(certificate.subjectAltName ?? '').matchAll(alternativeName)].map(
    ([, kind, text = '']) => ({ kind, name: text.startsWith('"') ? (JSON.parse(text) as string) : text }),
  );
  const uris = names.filter(({ kind }) => kind === 'URI');
  // X.509-SVID §2: one URI, and no other.
  const [uri] = uris.length === 1 ? uris : [];
  return {
    spiffeId: uri?.name.startsWith('spiffe://') ? uri.name : undefined,
    alternativeNames: names.map(({ name }) => name),
    // Node.js gives none for an empty one, as Istio and cert-manager issue it.
    subject: ((certificate.subject as string | undefined) ?? '').split('\n').toReversed().join(','),
    validUntil: certificate.validToDate.getTime(),
    error: socket.authorized ? undefined : String(socket.authorizationError),
    judgedBy: authoritiesAtBeginning(socket),
    isIssuedBy: (authorities) =>
      (authorities.match(pemCertificate) ?? []).some((pem) => {
        const authority = new X509Certificate(pem);
        return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
      }),
  };
}
