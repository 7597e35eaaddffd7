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
});
