import type { ClientAssertions } from './client-assertions.js';
import { type ClientCertificate, sameFingerprint, sameSubject } from './client-certificate.js';
import type { Clients, RegisteredClient } from './clients.js';
import { OAuthError } from './oauth-error.js';
import { type PresentedCredential, presentedCredential } from './presented-credential.js';
import type { TokenCall } from './token-call.js';

/** Finds out which client calls, by the one method that it is registered for. */
export class ClientAuthenticator {
  constructor(
    private readonly clients: Clients,
    private readonly assertions: ClientAssertions,
  ) {}

  /** @throws OAuthError `invalid_client` or `invalid_request` */
  async authenticate(call: TokenCall): Promise<RegisteredClient> {
    const presented = presentedCredential(call);
    const client = this.clients.find(presented.clientId);
    if (client === undefined) throw new OAuthError('invalid_client', 'no such client is registered');
    const { method } = client.authentication;
    if (presented.method !== method) {
      throw new OAuthError(
        'invalid_client',
        `the client is registered for ${method}, not ${presented.method}`,
      );
    }
    await this.#prove(client, presented, call);
    return client;
  }

  async #prove(client: RegisteredClient, presented: PresentedCredential, call: TokenCall): Promise<void> {
    if ('secret' in presented && !client.hasSecret(presented.secret)) {
      throw new OAuthError('invalid_client', 'the client secret is wrong');
    }
    if ('assertion' in presented && 'jwks' in client.authentication) {
      await this.assertions.check(client.id, presented.assertion, client.authentication.jwks);
    }
    if (presented.method === 'tls_client_auth' && !isCertificateOf(client, call.certificate)) {
      throw new OAuthError('invalid_client', 'no trusted client certificate, or not the one registered');
    }
  }
}

function isCertificateOf(client: RegisteredClient, certificate: ClientCertificate | undefined): boolean {
  if (certificate === undefined) return false;
  const { authentication } = client;
  if ('subjectDn' in authentication) return sameSubject(certificate, authentication.subjectDn);
  return (
    'certificateSha256' in authentication && sameFingerprint(certificate, authentication.certificateSha256)
  );
}
