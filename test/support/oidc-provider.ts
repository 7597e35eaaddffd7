import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  errors,
  Provider,
  type Adapter,
  type AdapterPayload,
  type ClientMetadata,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { decodeProtectedHeader } from 'jose';
import type { Certificates } from './certificates.js';
import { type ClusterIssuer, federated } from './cluster-issuer.js';

/** The resource whose scopes are `api:partner create:orders`; tokens are for it unless a request names another. */
export const resource = 'https://api.example';

const clientSecret = 'not a real:%+secret';

/** What each client proves itself with: strings as they would stand in the settings. */
export interface OidcClients {
  client_secret_basic: { clientId: string; clientSecret: string };
  client_secret_post: { clientId: string; clientSecret: string };
  private_key_jwt: { clientId: string; privateKey: string; keyId: string; algorithm: 'ES256' };
  /** With `certificates` only. */
  tls_client_auth?: { clientId: string; certificate: string; key: string };
  /** The same certificate, registered as it is. */
  self_signed_tls_client_auth?: { clientId: string; certificate: string; key: string };
  /** A secret, and that certificate besides: its tokens are bound to it. */
  bound?: { clientId: string; clientSecret: string; certificate: string; key: string };
}

export interface OidcProvider {
  issuer: string;
  tokenEndpoint: string;
  clients: OidcClients;
  /** The ids of the keys whose assertions it has accepted. */
  signed: Set<string>;
  /** Why it refused clients. */
  refusedAssertions: string[];
  stop(): Promise<void>;
}

export interface OidcProviderOptions {
  /** With these it speaks https and accepts `certificates.client` as a credential. */
  certificates?: Certificates;
  /** Seconds by which its clock is behind that of the clients whose assertions it verifies. */
  behind?: number;
  /** A platform whose assertions it accepts in place of the secret of the clients named here. */
  trusts?: { issuer: ClusterIssuer; clients: readonly string[] };
  /** Clients that sign by keys which it reads anew for each token request. */
  jwksUris?: Readonly<Record<string, string>>;
}

/**
 * Starts `oidc-provider`, a real authorization server, on a free port of 127.0.0.1. Its tokens are JWTs of one hour.
 */
export async function startOidcProvider({
  certificates,
  behind = 0,
  trusts,
  jwksUris = {},
}: OidcProviderOptions = {}): Promise<OidcProvider> {
  const server = certificates ? tlsServer(certificates) : createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = `${certificates ? 'https' : 'http'}://127.0.0.1:${port}`;
  const assertionKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(
    issuer,
    configuration(assertionKeys.publicKey, behind, certificates, trusts?.clients, jwksUris),
  );
  const answer = provider.callback();
  const translate = trusts && federated(trusts.issuer, issuer, clientSecret);
  server.on('request', async (request: IncomingMessage, response) =>
    answer(translate ? await translate(request) : request, response),
  );
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    clients: clients(assertionKeys.privateKey, certificates),
    ...observed(provider),
    stop: () => stop(server),
  };
}

/** Clients without a certificate connect too: the provider itself judges who has shown which. */
function tlsServer({ ca, server }: Certificates): Server {
  return createTlsServer({ ...server, ca, requestCert: true, rejectUnauthorized: false });
}

function observed(provider: Provider): Pick<OidcProvider, 'signed' | 'refusedAssertions'> {
  const signed = new Set<string>();
  const refusedAssertions: string[] = [];
  provider.on('grant.success', ({ oidc }) => {
    const assertion = oidc.params?.['client_assertion'];
    if (typeof assertion === 'string') signed.add(String(decodeProtectedHeader(assertion).kid));
  });
  provider.on('grant.error', (_context, error) => {
    refusedAssertions.push(`${error.message}: ${String(error.error_detail)}`);
  });
  return { signed, refusedAssertions };
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function clients(privateKey: KeyObject, certificates?: Certificates): OidcClients {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const secrets: OidcClients = {
    client_secret_basic: { clientId: 'basic:client', clientSecret },
    client_secret_post: { clientId: 'post-client', clientSecret },
    private_key_jwt: { clientId: 'key-client', privateKey: pem, keyId: 'key-1', algorithm: 'ES256' },
  };
  if (!certificates) return secrets;
  const { cert, key } = certificates.client;
  const certificate = { certificate: cert, key };
  return {
    ...secrets,
    tls_client_auth: { clientId: 'tls-client', ...certificate },
    self_signed_tls_client_auth: { clientId: 'self-signed-client', ...certificate },
    bound: { clientId: 'bound-client', clientSecret, ...certificate },
  };
}

function configuration(
  publicKey: KeyObject,
  behind: number,
  certificates?: Certificates,
  workloads: readonly string[] = [],
  jwksUris: Readonly<Record<string, string>> = {},
): Configuration {
  const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return {
    // The three are given so that the provider does not warn of its makeshift ones.
    adapter: (name: string) => (name === 'Client' ? new ForgetfulClients(jwksUris) : new InMemory()),
    // The broker keeps no token that lives less than 10 s.
    // It accepts https only, and reads nothing from this machine.
    fetch: (url) => globalThis.fetch(jwksUris[new URL(String(url)).pathname.slice(1)]!),
    ttl: { ClientCredentials: (_context, _token, { clientId }) => (clientId.startsWith('brief') ? 8 : 3600) },
    jwks: { keys: [{ ...signingKey.export({ format: 'jwk' }), kid: 'signing-1' }] },
    clients: [
      ...registrations(publicKey, certificates),
      ...workloads.map((client_id) =>
        registration('client_secret_post', { client_id, client_secret: clientSecret }),
      ),
    ],
    // Below 0, what begins now has not begun yet for that many seconds.
    clockTolerance: -behind,
    assertJwtClientAuthClaimsAndHeader: (_context, { iat }) => {
      if (Number(iat) > Date.now() / 1000 - behind)
        throw new errors.InvalidClientAuth('issued in the future');
    },
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        certificateBoundAccessTokens: true,
        ...certificateChecks,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo,
      },
    },
  };
}

function registrations(publicKey: KeyObject, certificates?: Certificates): ClientMetadata[] {
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1' };
  const registered: ClientMetadata[] = [
    registration('client_secret_basic', { client_id: 'basic:client', client_secret: clientSecret }),
    registration('client_secret_post', { client_id: 'post-client', client_secret: clientSecret }),
    registration('private_key_jwt', { client_id: 'key-client', jwks: { keys: [jwk] } }),
  ];
  if (!certificates) return registered;
  const own = new X509Certificate(certificates.client.cert);
  const tls_client_auth_subject_dn = subject(own);
  const x5c = [own.raw.toString('base64')];
  return [
    ...registered,
    registration('tls_client_auth', { client_id: 'tls-client', tls_client_auth_subject_dn }),
    registration('self_signed_tls_client_auth', {
      client_id: 'self-signed-client',
      jwks: { keys: [{ ...own.publicKey.export({ format: 'jwk' }), x5c }] },
    }),
    registration('client_secret_basic', {
      client_id: 'bound-client',
      client_secret: clientSecret,
      tls_client_certificate_bound_access_tokens: true,
    }),
  ];
}

function registration(
  method: NonNullable<ClientMetadata['token_endpoint_auth_method']>,
  metadata: ClientMetadata,
): ClientMetadata {
  return {
    token_endpoint_auth_method: method,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    ...metadata,
  };
}

function getResourceServerInfo(_context: KoaContextWithOIDC, indicator: string) {
  if (indicator !== resource) throw new errors.InvalidTarget();
  return {
    scope: 'api:partner create:orders',
    audience: resource,
    accessTokenTTL: 3600,
    accessTokenFormat: 'jwt' as const,
    jwt: { sign: { alg: 'RS256' as const } },
  };
}

const certificateChecks = {
  getCertificate: (context: KoaContextWithOIDC) => shown(context)?.toString(),
  certificateAuthorized: ({ req }: KoaContextWithOIDC) => (req.socket as TLSSocket).authorized,
  certificateSubjectMatches: (context: KoaContextWithOIDC, _property: string, expected: string) => {
    const certificate = shown(context);
    return certificate !== undefined && subject(certificate) === expected;
  },
};

function shown({ req }: KoaContextWithOIDC): X509Certificate | undefined {
  return req.socket instanceof Object && 'getPeerX509Certificate' in req.socket
    ? (req.socket as TLSSocket).getPeerX509Certificate()
    : undefined;
}

/** In the order of RFC 4514: the last part first. */
function subject(certificate: X509Certificate): string {
  return certificate.subject.split('\n').toReversed().join(',');
}

/** Keeps what one kind of record needs for client credentials; nothing else of the provider is used. */
class InMemory implements Adapter {
  readonly #records = new Map<string, AdapterPayload>();

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.#records.set(id, payload);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#records.get(id);
  }

  async destroy(id: string): Promise<void> {
    this.#records.delete(id);
  }

  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}

/** Each time another registration, so that nothing which the provider has read for the former one is used. */
class ForgetfulClients extends InMemory {
  #asked = 0;

  constructor(private readonly jwksUris: Readonly<Record<string, string>>) {
    super();
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    if (this.jwksUris[id] === undefined) return undefined;
    const jwks_uri = `https://keys.example/${id}`;
    this.#asked += 1;
    return registration('private_key_jwt', { client_id: id, jwks_uri, client_name: `${this.#asked}` });
  }
}
