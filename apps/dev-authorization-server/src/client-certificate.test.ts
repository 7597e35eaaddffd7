import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'undici';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Certificates, type Identity, someCertificates } from '#test/certificates.js';
import { someServer, whitelabel } from '../test/some-server.js';
import { sameSubject } from './client-certificate.js';
import type { ClientAuthentication } from './clients.js';

describe('tls_client_auth', () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await someCertificates();
  });

  async function mutualTls(authentication: ClientAuthentication) {
    const { ca, server } = certificates;
    return someServer({ clients: [{ ...whitelabel, authentication }], tls: { ca, ...server } });
  }

  async function statusFor(server: { tokenEndpoint: string }, identity?: Identity): Promise<number> {
    const dispatcher = new Agent({ connect: { ca: certificates.ca, ...identity } });
    onTestFinished(() => dispatcher.close());
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'whitelabel' });
    const answer = await request(server.tokenEndpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
      dispatcher,
    });
    await answer.body.dump();
    return answer.statusCode;
  }

  it('knows a client by the subject of its certificate', async () => {
    const server = await mutualTls({ method: 'tls_client_auth', subjectDn: 'O=Example, CN=client-1' });
    expect(server.url).toMatch(/^https:/);
    expect(await statusFor(server, certificates.client)).toBe(200);
    expect(await statusFor(server, certificates.otherClient)).toBe(401);
  });

  it('knows a client by the hash of its certificate', async () => {
    const certificateSha256 = new X509Certificate(certificates.client.cert).fingerprint256;
    const server = await mutualTls({ method: 'tls_client_auth', certificateSha256 });
    expect(await statusFor(server, certificates.client)).toBe(200);
    expect(await statusFor(server, certificates.otherClient)).toBe(401);
  });

  it('refuses a certificate of an unknown authority, and none', async () => {
    const server = await mutualTls({ method: 'tls_client_auth', subjectDn: 'O=Example,CN=client-1' });
    expect(await statusFor(server, certificates.stranger)).toBe(401);
    expect(await statusFor(server)).toBe(401);
  });

  it('takes no certificate for another method', async () => {
    const server = await mutualTls({ method: 'client_secret_post' });
    expect(await statusFor(server, certificates.client)).toBe(401);
  });
});

describe('sameSubject', () => {
  it('ignores spaces after separating commas, and none within a name', () => {
    const certificate = { subjectDn: 'O=Ex\\, ample,CN=client-1', sha256: '' };
    expect(sameSubject(certificate, 'O=Ex\\, ample, CN=client-1')).toBe(true);
    expect(sameSubject(certificate, 'O=Ex\\,ample, CN=client-1')).toBe(false);
  });
});
