import { describe, expect, it } from 'vitest';
import { HttpFailure } from '#http/http-failure.js';
import { someClient } from '#test/the.js';
import { networkFailure } from './network-failure.js';

describe('a failure of the network', () => {
  it.each([
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client_refused'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client_refused'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'client_refused'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'client_refused'],
    ['ERR_SSL_TLSV1_ALERT_ACCESS_DENIED', 'client_refused'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'unavailable'],
    ['CERT_HAS_EXPIRED', 'unavailable'],
    ['ECONNRESET', 'unavailable'],
  ])('by %s is %s: an alert over the client certificate refuses that', (code, reason) => {
    const url = new URL('https://auth.example/token');

    expect(networkFailure(new HttpFailure(url, code), url, someClient())).toMatchObject({ reason });
  });

  it.each([
    ['CERT_HAS_EXPIRED', 'is not valid at this time'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is for another host name'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'put that authority into ca'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'put that authority into ca'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'may leave out an intermediate certificate'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'not support TLS 1.2 or newer'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'not support TLS 1.2 or newer'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'not use TLS on this port'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'The TLS handshake failed'],
    ['ENOTFOUND', 'does not resolve'],
    ['EAI_AGAIN', 'The name server does not answer'],
    ['ECONNREFUSED', 'Nothing listens there'],
    ['ETIMEDOUT', 'Check the network'],
  ])('of %s says what to do', (code, words) => {
    const url = new URL('https://auth.example/token');

    expect(networkFailure(new HttpFailure(url, code), url, someClient()).message).toContain(words);
  });
});
