import type { HttpClient, HttpRequest } from '#http/http-client.js';
import type { HttpResponse } from '#http/http-response.js';
import { byProxy, HttpFailure } from '#http/http-failure.js';
import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';

/** Sends a request of a client. @throws UpstreamFailure, or the reason of the signal when it aborts */
export async function sendFor(
  client: Client,
  http: HttpClient,
  url: URL,
  request: HttpRequest,
): Promise<HttpResponse> {
  try {
    return await http.send(url, request);
  } catch (error) {
    throw error instanceof HttpFailure ? networkFailure(error, url, client) : error;
  }
}

/** What a failed request to an authorization server means for its client, and what to do. */
export function networkFailure(failure: HttpFailure, { host }: URL, client: Client): UpstreamFailure {
  const { code, proxy } = failure;
  if (code === 'TIMEOUT') return timeoutFailure(client);
  if (clientCertificateAlert.test(code)) {
    return new UpstreamFailure(
      'client_refused',
      `${host} ended the TLS handshake of client ${client.name} over the client certificate (${code}). Check certificate and key of this client, and which certificates or authorities the server trusts.`,
    );
  }
  return new UpstreamFailure(
    'unavailable',
    `${host} cannot be reached for client ${client.name}${byProxy(proxy)} (${code}). ${remedy(failure)}`,
  );
}

/** Alerts that a server sends about the certificate of a client, or the lack of one (RFC 8446 §6.2). */
const clientCertificateAlert =
  /ALERT_(?:NO_|BAD_|UNSUPPORTED_)?CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED|CERTIFICATE_REQUIRED/;

/** When the client's total deadline is over. */
export function timeoutFailure({ name, options }: Client): UpstreamFailure {
  return new UpstreamFailure(
    'unavailable',
    `The authorization server of client ${name} sent no complete response within ${options.timeout} ms. ` +
      'Check the network between the broker and it, or raise timeout in the settings of this client.',
  );
}

function remedy({ code, certificateNames }: HttpFailure): string {
  if (certificateNames !== undefined)
    return `Its certificate is for another host name (${certificateNames}): check the host in tokenEndpoint or issuer.`;
  // Tinyproxy answers 401 to a wrong password, and 407 to none.
  if (code === 'PROXY_HTTP_407' || code === 'PROXY_HTTP_401')
    return 'The proxy requires authentication: check username and password of proxy in the settings.';
  if (code.startsWith('PROXY_HTTP_'))
    return 'The proxy refuses or cannot make the connection: allow this host there, or name it in noProxy.';
  if (code.startsWith('PROXY_'))
    return 'Check proxy in the settings, and that the proxy is up and reaches this host.';
  const [, known] = remedies.find(([pattern]) => pattern.test(code)) ?? [];
  return known ?? 'Check the network between the broker and it, and that it is up.';
}

const malformed = 'correct the server or the proxy in front of it.';

/** By the code of Node.js or OpenSSL; the first that fits. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /^CERT_HAS_EXPIRED$|^CERT_NOT_YET_VALID$/,
    'Its certificate, or one of its chain, is not valid at this time: have it renewed there, and check the clock of this host.',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$|HOSTNAME_MISMATCH/,
    'Its certificate is for another host name: check the host in tokenEndpoint or issuer.',
  ],
  [
    /^(?:DEPTH_ZERO_)?SELF_SIGNED_CERT/,
    'Its certificate is self-signed, or that of its authority is not among the trusted ones: put that authority into ca of this client, after checking with its operator that it is theirs.',
  ],
  [
    /^UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/,
    'The authority of its certificate is not known: the server may leave out an intermediate certificate, which is to be corrected there; or put the authority into ca of this client.',
  ],
  [/^CERT_REVOKED$/, 'Its certificate is revoked: have it replaced there.'],
  [
    /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|UNKNOWN_PROTOCOL/,
    'It does not support TLS 1.2 or newer: enable that there.',
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE/,
    'It does not use TLS on this port: check the scheme and port in tokenEndpoint or issuer.',
  ],
  [
    /CERT|ISSUER|LEAF_SIGNATURE|TLS|SSL|EPROTO/,
    'The TLS handshake failed: check ca (and certificate and key) of this client, and the host in tokenEndpoint or issuer.',
  ],
  [
    /^HPE_(?:INVALID_TRANSFER_ENCODING|UNEXPECTED_CONTENT_LENGTH)$/,
    `Its response has more than one Content-Length, or has both Content-Length and Transfer-Encoding, which is refused (RFC 9112 §6.3): ${malformed}`,
  ],
  [/^HPE_HEADER_OVERFLOW$/, `The head of its response is over 64 KiB: ${malformed}`],
  [
    /^HPE_INVALID_(?:CONSTANT|VERSION|STATUS)$/,
    'Its response is not HTTP/1.1: check the scheme and port in tokenEndpoint or issuer.',
  ],
  [/^HPE_/, `Its response is malformed HTTP (RFC 9112): ${malformed}`],
  [
    /^NO_RESPONSE$/,
    'It closed the connection or switched to another protocol (HTTP 101) instead of sending a response: check the address in tokenEndpoint or issuer, and any proxy in front of it.',
  ],
  [/^BODY_(?:CUT|TIMEOUT)$/, 'Its response was incomplete: check the server and any proxy in front of it.'],
  [/^ENOTFOUND$/, 'The name does not resolve: check the host in tokenEndpoint or issuer.'],
  [/^EAI_AGAIN$/, 'The name server does not answer: check DNS on this host.'],
  [
    /^ECONNREFUSED$/,
    'Nothing listens there: check host and port in tokenEndpoint or issuer, and that it is up.',
  ],
];
