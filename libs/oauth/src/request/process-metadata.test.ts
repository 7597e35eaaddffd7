import { describe, expect, it } from 'vitest';
import { someResponse } from '../../../../test/oauth/some-response.js';
import { processMetadata } from './process-metadata.js';

const issuer = new URL('https://auth.example/tenant');
const metadata = { issuer: issuer.href, token_endpoint: 'https://auth.example/token' };

describe('processMetadata', () => {
  it('gives issuer and token endpoint', () => {
    expect(processMetadata(issuer, someResponse(200, metadata))).toEqual({
      issuer: 'https://auth.example/tenant',
      tokenEndpoint: new URL('https://auth.example/token'),
      mtlsTokenEndpoint: new URL('https://auth.example/token'),
    });
  });

  it('gives the alias for clients with a certificate', () => {
    const aliases = { mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example/token' } };
    expect(processMetadata(issuer, someResponse(200, { ...metadata, ...aliases }))).toMatchObject({
      mtlsTokenEndpoint: new URL('https://mtls.example/token'),
    });
  });

  it.each([408, 429, 500, 503])('%i is passing', (status) => {
    const answer = someResponse(status, '', { 'retry-after': '30' });
    expect(() => processMetadata(issuer, answer)).toThrow(
      expect.objectContaining({
        reason: 'unavailable',
        retryAfter: 30_000,
      }),
    );
  });

  it.each([
    ['404', 404, '', 'HTTP 404'],
    ['a redirect', 302, '', 'HTTP 302'],
    ['a page', 200, '<html>', 'not a metadata document'],
    ['no issuer', 200, { token_endpoint: 'https://auth.example/token' }, 'not a metadata document'],
    ['an issuer that is no URL', 200, { ...metadata, issuer: 'me' }, 'not a metadata document'],
    [
      'another issuer',
      200,
      { ...metadata, issuer: 'https://evil.example' },
      'it names issuer https://evil.example/ instead of',
    ],
    ['no token endpoint', 200, { issuer: issuer.href }, 'no token_endpoint'],
    [
      'a token endpoint in clear',
      200,
      { ...metadata, token_endpoint: 'http://auth.example/token' },
      'its token_endpoint is no https URL',
    ],
    [
      'an alias for mutual TLS on the loopback',
      200,
      { ...metadata, mtls_endpoint_aliases: { token_endpoint: 'http://127.0.0.1/token' } },
      'its token_endpoint is no https URL',
    ],
    [
      'a token endpoint that is no URL',
      200,
      { ...metadata, token_endpoint: '/token' },
      'its token_endpoint is no https URL',
    ],
    ['too much', 200, JSON.stringify(metadata) + ' '.repeat(262_144), 'too large'],
  ])('%s is no metadata of this issuer', (_title, status, body, message) => {
    expect(() => processMetadata(issuer, someResponse(status, body))).toThrow(
      expect.objectContaining({
        name: 'InvalidResponse',
        message: expect.stringContaining(message),
      }),
    );
  });

  it.each(['http://127.0.0.1:8080/token', 'http://localhost/token', 'http://[::1]/token'])(
    'a token endpoint %s is not used where the issuer is another host, and is where it is this one',
    (url) => {
      const own = new URL('http://127.0.0.1:8080/');
      const document = (name: URL) => someResponse(200, { issuer: name.href, token_endpoint: url });

      expect(() => processMetadata(issuer, document(issuer))).toThrow('its token_endpoint is no https URL');
      expect(processMetadata(own, document(own)).tokenEndpoint.href).toBe(url);
    },
  );
});
