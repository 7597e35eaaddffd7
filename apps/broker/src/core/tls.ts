import { createServer, type Server, type ServerOptions } from 'node:https';
import type { RequestListener } from 'node:http';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { TlsSettings } from '../settings/settings.js';

/** Milliseconds for a handshake: as long as for the head of a request. Node.js waits for two minutes. */
const handshakeTimeout = 10_000;

/**
 * Of TLS 1.2: forward secrecy and AEAD only, which HTTP/2 requires (RFC 9113 §9.2.2), as Mozilla's intermediate profile
 * has them. Those of TLS 1.3 are all good.
 */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What may change while connections stay: those that are open keep what they began with. */
export function secureContext({ certificate, key, clientCa, minVersion }: TlsSettings): SecureContextOptions {
  return { cert: certificate, key: key.reveal(), ca: clientCa, minVersion, ciphers };
}

/** Of client certificates, PEM: those of a server now, and those of a connection when it began. */
const authorities = Symbol('authorities');

type Judging = Partial<Record<typeof authorities, string | undefined>>;

/** @param socket of a connection, or what HTTP/2 has in its place */
export function authoritiesAtBeginning(socket: TLSSocket & Judging): string | undefined {
  return socket[authorities];
}

/**
 * HTTP/1.1 over TLS, and HTTP/2 for clients that offer it by ALPN (RFC 7301) where `acceptHttp2` takes their connections.
 * A client certificate that is missing or bad does not end the handshake: the request is refused, and audited.
 */
export function httpsServer(
  options: ServerOptions,
  listener: RequestListener,
  tls: TlsSettings,
  acceptHttp2?: (socket: TLSSocket) => void,
): Server {
  const server = createServer(
    {
      ...options,
      ...secureContext(tls),
      handshakeTimeout,
      requestCert: tls.clientCa !== undefined,
      rejectUnauthorized: false,
      ALPNProtocols: acceptHttp2 === undefined ? ['http/1.1'] : ['h2', 'http/1.1'],
    },
    listener,
  );
  // Node.js would answer a failed handshake as malformed HTTP.
  server.removeAllListeners('tlsClientError').on('tlsClientError', (_error, socket) => socket.destroy());
  if (acceptHttp2 !== undefined) divide(server, acceptHttp2);
  const judging: Server & Judging = Object.assign(server, { [authorities]: tls.clientCa });
  server.prependListener('secureConnection', (socket) =>
    Object.assign(socket, { [authorities]: judging[authorities] }),
  );
  return server;
}

/** HTTP/1.1 stays with the listener of Node.js, and with its deadlines. */
function divide(server: Server, acceptHttp2: (socket: TLSSocket) => void): void {
  const [acceptHttp1] = server.listeners('secureConnection') as ((this: Server, socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection').on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') acceptHttp2(socket);
    else acceptHttp1?.call(server, socket);
  });
}

/** Takes what the files hold now for connections to come. Whether there is TLS at all is fixed at the start. */
export function renewCertificate(server: object, tls: TlsSettings | undefined): void {
  if (tls === undefined || !('setSecureContext' in server)) return;
  (server as Server).setSecureContext(secureContext(tls));
  Object.assign(server, { [authorities]: tls.clientCa });
}
