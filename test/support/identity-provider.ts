import { createServer, type IncomingMessage, type Server } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Provider, type Configuration } from 'oidc-provider';
import type { AtEnd } from './at-end.js';

export const operatorClient = { clientId: 'token-broker', clientSecret: 'not-a-real-secret' };

/** People by their names, with their groups. */
export type People = Readonly<Record<string, readonly string[]>>;

/**
 * `oidc-provider` for people: whoever gives a name is logged in, and consents. Groups are listed at the userinfo endpoint,
 * as many providers do.
 */
export class IdentityProvider {
  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  static async start(people: People, redirectUris: string[], atEnd: AtEnd): Promise<IdentityProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new Provider(issuer, configuration(people, redirectUris));
    const callback = provider.callback();
    server.on('request', (request, response) => {
      if (!request.url?.startsWith('/interaction/')) return void callback(request, response);
      if (request.method === 'GET') return void response.setHeader('content-type', 'text/html').end(form);
      void named(request).then((accountId) =>
        provider.interactionFinished(request, response, { login: { accountId } }),
      );
    });
    atEnd(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return new IdentityProvider(server, issuer);
  }

  /** Ends at once: log-ins fail from now on. */
  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const form = `<!doctype html><html lang="en"><title>Log in</title><main><form method="post">
<label>Name <input name="name" /></label><button>Log in</button></form></main></html>`;

async function named(request: IncomingMessage): Promise<string> {
  return new URLSearchParams(await text(request)).get('name') ?? '';
}

function configuration(people: People, redirectUris: string[]): Configuration {
  const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return {
    // Given so that the provider does not warn of its makeshift ones.
    ttl: {
      Interaction: 600,
      Grant: 3600,
      Session: 3600,
      AccessToken: 600,
      IdToken: 600,
      AuthorizationCode: 60,
    },
    jwks: { keys: [{ ...signingKey.export({ format: 'jwk' }), kid: 'signing-1' }] },
    cookies: { keys: ['not-a-real-cookie-key'] },
    clients: [
      {
        client_id: operatorClient.clientId,
        client_secret: operatorClient.clientSecret,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: redirectUris,
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, groups: people[id] ?? [] }),
    }),
    async loadExistingGrant({ oidc }) {
      const { client, session, provider } = oidc;
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! });
      grant.addOIDCScope('openid profile groups');
      await grant.save();
      return grant;
    },
  };
}

/** A browser without a screen: it keeps cookies by origin and follows redirects. */
export class LoginWalk {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** @param address by which a trusted proxy would forward it */
  constructor(private readonly address = '127.0.0.1') {}

  /** Logs in at a broker by name. @returns the last answer */
  async logIn(management: string, name: string): Promise<Response> {
    const asked = await this.go(`${management}/login`);
    return this.go(asked.url, { method: 'POST', body: new URLSearchParams({ name }) });
  }

  /** Of the origin, as a header. */
  cookiesFor(origin: string): string {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async go(url: string, request: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url);
    const headers = {
      accept: 'text/html',
      cookie: this.cookiesFor(origin),
      'x-forwarded-for': this.address,
    };
    const response = await fetch(url, { ...request, headers, redirect: 'manual' });
    this.#keep(origin, response);
    const location = response.headers.get('location');
    return location === null ? response : this.go(new URL(location, url).href);
  }

  #keep(origin: string, { headers }: Response): void {
    const kept = this.#cookies.get(origin) ?? new Map<string, string>();
    for (const line of headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]!.split('=');
      kept.set(name, value);
    }
    this.#cookies.set(origin, kept);
  }
}
