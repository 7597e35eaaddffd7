import { byProxy, type HttpFailure } from '#http/http-failure.js';
import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';

/** What a failed request to an authorization server means for its client, and what to do. */
export function networkFailure({ code, proxy }: HttpFailure, { host }: URL, client: Client): UpstreamFailure {
  if (code === 'TIMEOUT') return timeoutFailure(client);
  if (clientCertificateAlert.test(code)) {
    return new UpstreamFailure(
      'client_refused',
      `${host} ended the TLS handshake of client ${client.name} over the client certificate (${code}). Check certificate and key of this client, and which certificates or authorities the server trusts.`,
    );
  }
  return new UpstreamFailure(
    'unavailable',
    `${host} cannot be reached for client ${client.name}${byProxy(proxy)} (${code}). ${remedy(code)}`,
  );
}

/** Alerts that a server sends about the certificate of a client, or the lack of one (RFC 8446 §6.2). */
const clientCertificateAlert =
  /ALERT_(?:NO_|BAD_|UNSUPPORTED_)?CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED|CERTIFICATE_REQUIRED/;

/** When the client's total deadline is over. */
export function timeoutFailure({ name, options }: Client): UpstreamFailure {
  return new UpstreamFailure(
    'unavailable',
    `The authorization server of client ${name} gave no complete answer within ${options.timeout} ms. ` +
      'Check the network between the broker and it, or raise timeout in the settings of this client.',
  );
}

function remedy(code: string): string {
  // Tinyproxy answers 401 to a wrong password, and 407 to none.
  if (code === 'PROXY_HTTP_407' || code === 'PROXY_HTTP_401')
    return 'The proxy asks for a user and password: check username and password of proxy in the settings.';
  if (code.startsWith('PROXY_HTTP_'))
    return 'The proxy refuses the connection, or cannot make it: have this host allowed there, or name it in noProxy.';
  if (code.startsWith('PROXY_'))
    return 'Check proxy in the settings, and that the proxy is up and reaches this host.and reaches this host.';
  if (/CERT|SELF_SIGNED|ISSUER|LEAF_SIGNATURE|TLS|SSL|EPROTO/.test(code)) {
    return 'The TLS handshake failed: check ca (and certificate and key) of this client, and the host in tokenEndpoint or issuer.';
  }
  if (code === 'HPE_INVALID_TRANSFER_ENCODING' || code === 'HPE_UNEXPECTED_CONTENT_LENGTH') {
    return 'Its response has both Content-Length and Transfer-Encoding, which is refused (RFC 9112 §6.3): correct the server or the proxy in front of it.';
  }
  if (code.startsWith('HPE_'))
    return 'Its response is not HTTP: check the scheme and port in tokenEndpoint or issuer.';
  if (code === 'ENOTFOUND') return 'The name does not resolve: check the host in tokenEndpoint or issuer.';
  return 'Check the network between the broker and it, and that it is up.';
}
