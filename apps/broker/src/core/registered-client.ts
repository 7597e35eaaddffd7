import type { ClientCredential, SigningAlgorithm } from '#oauth/request/client-credential.js';
import { credentialVersion } from '#oauth/request/credential-version.js';
import { HttpAuthorizationServer, type TokenRequestEvent } from '#oauth/http-authorization-server.js';
import { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import type { Secret } from '#tokens/model/secret.js';
import type { ClientSettings } from '../settings/settings.js';

export interface RegisteredClient {
  client: Client;
  server: HttpAuthorizationServer;
}

/** Makes of a client's settings the client without its secrets, and the authorization server that knows them. */
export async function registeredClient(
  settings: ClientSettings,
  clock: Clock,
  onTokenRequest: (event: TokenRequestEvent) => void,
): Promise<RegisteredClient> {
  const { tokenEndpoint, issuer, ca } = settings;
  const authorizationServer = (tokenEndpoint ?? issuer) as string;
  const credentials = new Map<string, ClientCredential>();
  for (const credential of credentialsOf(settings)) {
    credentials.set(await credentialVersion(credential, authorizationServer, settings.clientId), credential);
  }
  const client = new Client({ ...settings, authorizationServer, credentials: [...credentials.keys()] });
  const endpoint = tokenEndpoint === undefined ? { issuer: authorizationServer } : { tokenEndpoint };
  return {
    client,
    server: new HttpAuthorizationServer({ client, endpoint, credentials, ca, clock, onTokenRequest }),
  };
}

/** First choice first. The settings have been checked: what the method needs is there. */
function credentialsOf(settings: ClientSettings): ClientCredential[] {
  const { clientAuthentication, keyId } = settings;
  switch (clientAuthentication) {
    case 'private_key_jwt': {
      const privateKey = settings.privateKey as Secret;
      return [{ clientAuthentication, privateKey, algorithm: settings.algorithm as SigningAlgorithm, keyId }];
    }
    case 'tls_client_auth':
      return [
        { clientAuthentication, certificate: settings.certificate as string, key: settings.key as Secret },
      ];
    default:
      return settings.clientSecrets.map((clientSecret) => ({ clientAuthentication, clientSecret }));
  }
}
