import { ClientSecretPost, TlsClientAuth, type ClientAuth } from 'oauth4webapi';
import type { Client } from '#tokens/model/client.js';
import { currentAssertion } from './assertion-file.js';
import {
  assertionTypes,
  type AssertionType,
  type ClientCredential,
  type ClientPrivateKey,
  type ClientSecret,
} from './client-credential.js';
import type { ComposedRequest } from './compose-token-request.js';
import type { TokenEndpoint } from './discovery.js';
import { type SigningContext, signAssertion } from './signed-assertion.js';

/**
 * Adds the client's credential to a token request. The style is the one of the settings, never probed: a second try
 * with another style doubles the failed log-ins and locks accounts.
 * @throws TypeError when a private key cannot be used, UpstreamFailure `credential_unavailable`
 */
export async function authenticate(
  { headers, body }: ComposedRequest,
  client: Client,
  credential: ClientCredential,
  { issuer }: TokenEndpoint,
  context: SigningContext,
): Promise<void> {
  const apply = await clientAuthentication(credential, client, issuer, context);
  await apply({ issuer }, { client_id: client.options.clientId }, body, headers);
}

/** Every secret in a token request, in the forms in which it was sent: a server may echo any of them. */
export function sentSecrets(credential: ClientCredential, { headers, body }: ComposedRequest): string[] {
  const [, basic = ''] = /^Basic (.+)$/.exec(headers.get('authorization') ?? '') ?? [];
  const decoded = Buffer.from(basic, 'base64').toString();
  return [
    'clientSecret' in credential ? credential.clientSecret.reveal() : '',
    body.get('client_assertion') ?? '',
    body.get('assertion') ?? '',
    basic,
    decoded.slice(decoded.indexOf(':') + 1),
  ];
}

async function clientAuthentication(
  credential: ClientCredential,
  client: Client,
  issuer: string,
  context: SigningContext,
): Promise<ClientAuth> {
  switch (credential.clientAuthentication) {
    case 'client_secret_basic':
      return clientSecretBasic(credential);
    case 'client_secret_post':
      return ClientSecretPost(credential.clientSecret.reveal());
    case 'private_key_jwt':
      return presentedAssertion('jwt-bearer', await clientAssertion(credential, client, issuer, context));
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return TlsClientAuth();
    case 'client_assertion':
      return presentedAssertion(credential.type, await currentAssertion(credential, client, context.now));
    case 'none':
      // The assertion of the grant names the client, and some servers refuse its id beside it.
      return () => {};
  }
}

/**
 * RFC 6749 §2.3.1, except that `-._~` stay as they are, which decodes alike: servers that do not decode know ids like
 * UUIDs then.
 */
function clientSecretBasic({ clientSecret, basicEncoding }: ClientSecret): ClientAuth {
  const encode = basicEncoding === 'none' ? (text: string) => text : formEncoded;
  return (_server, client, _body, headers) => {
    const pair = `${encode(client.client_id)}:${encode(clientSecret.reveal())}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };
}

function formEncoded(text: string): string {
  const escaped = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, escaped);
}

function clientAssertion(
  credential: ClientPrivateKey,
  { options: { clientId } }: Client,
  issuer: string,
  context: SigningContext,
): Promise<string> {
  return signAssertion(credential, { iss: clientId, sub: clientId }, issuer, context);
}

function presentedAssertion(type: AssertionType, assertion: string): ClientAuth {
  return (_server, client, body) => {
    body.set('client_id', client.client_id);
    body.set('client_assertion_type', assertionTypes[type]);
    body.set('client_assertion', assertion);
  };
}
