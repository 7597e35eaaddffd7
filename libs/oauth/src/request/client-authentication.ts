import {
  ClientSecretBasic,
  ClientSecretPost,
  modifyAssertion,
  PrivateKeyJwt,
  TlsClientAuth,
  type ClientAuth,
} from 'oauth4webapi';
import type { ClientCredential, ClientPrivateKey } from './client-credential.js';
import type { ComposedRequest } from './compose-token-request.js';
import type { TokenEndpoint } from './discovery.js';
import { importSigningKey } from './signing-key.js';

/**
 * Adds the client's credential to a token request. The style is the one of the settings, never probed: a second try
 * with another style doubles the failed log-ins and locks accounts.
 * @throws TypeError when a private key cannot be used
 */
export async function authenticate(
  { headers, body }: ComposedRequest,
  clientId: string,
  credential: ClientCredential,
  { issuer }: TokenEndpoint,
): Promise<void> {
  const apply = await clientAuthentication(credential);
  await apply({ issuer }, { client_id: clientId }, body, headers);
}

/** Every secret in a token request, in the forms in which it was sent: a server may echo any of them. */
export function sentSecrets(credential: ClientCredential, { headers, body }: ComposedRequest): string[] {
  const [, basic = ''] = /^Basic (.+)$/.exec(headers.get('authorization') ?? '') ?? [];
  const decoded = Buffer.from(basic, 'base64').toString();
  return [
    'clientSecret' in credential ? credential.clientSecret.reveal() : '',
    body.get('client_assertion') ?? '',
    basic,
    decoded.slice(decoded.indexOf(':') + 1),
  ];
}

async function clientAuthentication(credential: ClientCredential): Promise<ClientAuth> {
  switch (credential.clientAuthentication) {
    case 'client_secret_basic':
      return ClientSecretBasic(credential.clientSecret.reveal());
    case 'client_secret_post':
      return ClientSecretPost(credential.clientSecret.reveal());
    case 'private_key_jwt':
      return signedAssertion(credential);
    case 'tls_client_auth':
      return TlsClientAuth();
  }
}

async function signedAssertion(credential: ClientPrivateKey): Promise<ClientAuth> {
  const key = await importSigningKey(credential);
  const options = {
    [modifyAssertion]: (header: Record<string, unknown>) => {
      // The library says `Ed25519` (RFC 9864), which few servers know yet; the settings decide.
      header['alg'] = credential.algorithm;
    },
  };
  return PrivateKeyJwt(credential.keyId === undefined ? key : { key, kid: credential.keyId }, options);
}
