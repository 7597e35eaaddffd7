import type { ClientCredential } from '#oauth/request/client-credential.js';
import { credentialVersion, headersVersion } from '#oauth/request/credential-version.js';
import {
  HttpAuthorizationServer,
  type HttpAuthorizationServerOptions,
} from '#oauth/http-authorization-server.js';
import { Client, type ClientOptions } from '#tokens/model/client.js';
import { digest } from '#tokens/model/secret.js';
import type { KeySet } from '#tokens/key-sets.js';
import type { Clock } from '#tokens/model/clock.js';
import type { DerivedDigests } from '#tokens/ports/derived-digests.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { ClientSettings } from '../settings/settings.js';

/** What a client proves itself with. */
type Proof = Pick<ClientSettings, 'clientAuthentication' | 'credentials' | 'credentialExpiries'> & {
  /** Of credentials that this replica does not know: there are no others then. */
  unknownVersions?: readonly string[];
};

/** A client with the connection to its authorization server, which alone knows the client's secrets. */
export class ConnectedClient extends Client {
  readonly server: HttpAuthorizationServer;

  constructor(
    options: ClientOptions,
    readonly proof: Proof,
    connect: (client: Client) => HttpAuthorizationServer,
    /** Of the settings that it is made of; undefined: not known. */
    readonly version: string | undefined,
    /** Where the keys are that sign its tokens, and how often they are looked at; undefined where that is not known. */
    readonly keySet?: { address: string; interval: number },
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

export type ConnectionContext = Pick<
  HttpAuthorizationServerOptions,
  'onTokenRequest' | 'clockSkew' | 'managedKeys'
> & { derivedDigests?: DerivedDigests | undefined };

export async function connectClient(
  settings: ClientSettings & Proof,
  clock: Clock,
  { derivedDigests, ...context }: ConnectionContext,
): Promise<ConnectedClient> {
  const { tokenEndpoint, issuer, ca, proxy, headers, clientAuthentication, credentialExpiries } = settings;
  const authorizationServer = (tokenEndpoint ?? issuer) as string;
  const credentials = new Map<string, ClientCredential>();
  for (const credential of settings.credentials) {
    const version = credentialVersion(credential, authorizationServer, settings.clientId, derivedDigests);
    credentials.set(await version, credential);
  }
  const { revocationEndpoint, unknownVersions, jwksUri } = settings;
  const endpoint = {
    ...(tokenEndpoint === undefined ? { issuer: authorizationServer } : { tokenEndpoint }),
    revocationEndpoint,
    jwksUri,
  };
  return new ConnectedClient(
    {
      ...settings,
      authorizationServer,
      credentials: unknownVersions ?? [...credentials.keys()],
      isProofUnknown: unknownVersions !== undefined,
      connection: await connectionDigest(settings, authorizationServer, derivedDigests),
    },
    {
      clientAuthentication,
      credentials: settings.credentials,
      credentialExpiries,
      ...(unknownVersions && { unknownVersions }),
    },
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
    settings.version,
    keySetOf(settings),
  );
}

/** One for each way to the keys of an authorization server: its clients share it. */
export function keySetsOf(clients: readonly ConnectedClient[]): KeySet[] {
  const byAddress = Map.groupBy(
    clients.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ({ keySet }) => keySet?.address,
  );
  return [...byAddress].flatMap(([address, own]) => {
    const [first] = own;
    if (address === undefined || first === undefined) return [];
    const interval = Math.min(...own.map(({ keySet }) => keySet?.interval ?? Infinity));
    return [{ address, clients: own, interval, read: () => first.server.publishedKeyIds() }];
  });
}

/** Clients that reach the same keys by the same way share one look at them. */
function keySetOf({ jwksUri, issuer, jwksCheckInterval: interval = 0, ca = '', proxy }: ClientSettings) {
  const url = jwksUri ?? issuer;
  if (url === undefined || interval === 0) return undefined;
  return { address: digest([url, ca, proxy?.url.href ?? '']), interval };
}

/** Undefined where nothing but the address decides which server is reached. A proxy is another way to the same one. */
async function connectionDigest(
  { ca, headers = {}, clientId }: ClientSettings,
  authorizationServer: string,
  derivedDigests: DerivedDigests | undefined,
): Promise<string | undefined> {
  const version = await headersVersion(headers, authorizationServer, clientId, derivedDigests);
  const parts = [ca, version].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : digest(parts);
}
