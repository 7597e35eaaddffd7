import type { ClientCredential } from '#oauth/request/client-credential.js';
import { credentialVersion, headersVersion } from '#oauth/request/credential-version.js';
import {
  HttpAuthorizationServer,
  type HttpAuthorizationServerOptions,
} from '#oauth/http-authorization-server.js';
import { Client, type ClientOptions } from '#tokens/model/client.js';
import { digest } from '#tokens/model/secret.js';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { ClientSettings } from '../settings/settings.js';

/** A client with the connection to its authorization server, which alone knows the client's secrets. */
export class ConnectedClient extends Client {
  readonly server: HttpAuthorizationServer;

  constructor(
    options: ClientOptions,
    /** What it proves itself with. */
    readonly proof: Pick<ClientSettings, 'clientAuthentication' | 'credentials' | 'credentialExpiries'>,
    connect: (client: Client) => HttpAuthorizationServer,
  ) {
    super(options);
    this.server = connect(this);
  }
}

/** Sends each token request by the connection of its own client: one of earlier settings keeps its connection. */
export class ClientConnections extends AuthorizationServer {
  override async requestToken(
    request: TokenRequest,
    credential: string,
    signal?: AbortSignal,
  ): Promise<TokenResponse> {
    const { client } = request;
    if (client instanceof ConnectedClient) return client.server.requestToken(request, credential, signal);
    throw new UpstreamFailure('unavailable', `client ${client.name} has no authorization server`);
  }
}

export async function connectClient(
  settings: ClientSettings,
  clock: Clock,
  context: Pick<HttpAuthorizationServerOptions, 'onTokenRequest' | 'clockSkew' | 'managedKeys'>,
): Promise<ConnectedClient> {
  const { tokenEndpoint, issuer, ca, proxy, headers, clientAuthentication, credentialExpiries } = settings;
  const authorizationServer = (tokenEndpoint ?? issuer) as string;
  const credentials = new Map<string, ClientCredential>();
  for (const credential of settings.credentials) {
    credentials.set(await credentialVersion(credential, authorizationServer, settings.clientId), credential);
  }
  const { revocationEndpoint } = settings;
  const endpoint = {
    ...(tokenEndpoint === undefined ? { issuer: authorizationServer } : { tokenEndpoint }),
    revocationEndpoint,
  };
  return new ConnectedClient(
    {
      ...settings,
      authorizationServer,
      credentials: [...credentials.keys()],
      connection: await connectionDigest(settings, authorizationServer),
    },
    { clientAuthentication, credentials: settings.credentials, credentialExpiries },
    (client) =>
      new HttpAuthorizationServer({
        client,
        endpoint,
        credentials,
        ca,
        proxy,
        headers,
        clock,
        ...context,
      }),
  );
}

/** Undefined where nothing but the address decides which server is reached. A proxy is another way to the same one. */
async function connectionDigest(
  { ca, headers = {}, clientId }: ClientSettings,
  authorizationServer: string,
): Promise<string | undefined> {
  const version = await headersVersion(headers, authorizationServer, clientId);
  const parts = [ca, version].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : digest(parts);
}
