import { unlessAborted } from '#http/deadline.js';
import type { HttpClient } from '#http/http-client.js';
import { Refreshed } from '#http/refreshed.js';
import { isSecureUrl } from '#http/secure-url.js';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { sendFor } from '../network-failure.js';
import { InvalidResponse } from '../response/response-fields.js';
import { certificateOf, type ClientCredential } from './client-credential.js';
import { processMetadata, type ServerMetadata } from './process-metadata.js';

/** As the settings have it: the address itself, or the issuer that names it. */
export type EndpointSetting = ({ tokenEndpoint: string } | { issuer: string }) & {
  revocationEndpoint?: string | undefined;
  jwksUri?: string | undefined;
};

/** Where a client's tokens come from. */
export interface TokenEndpoint {
  /** The audience of client assertions: the issuer, or the address itself where the settings name no issuer. */
  issuer: string;
  url: URL;
}

const policy = { freshFor: 3_600_000, usableFor: Infinity, backoff: 60_000, backoffWithoutValue: 0 };

/** Finds the token endpoint of a client: by its setting, or in the metadata of its issuer, which are kept for an hour. */
export class Discovery {
  readonly #endpoint: TokenEndpoint | undefined;
  readonly #metadata: Refreshed<ServerMetadata> | undefined;
  readonly #revocationEndpoint: URL | undefined;
  readonly #jwksUri: URL | undefined;

  /** @throws TypeError when the setting is no URL */
  constructor(setting: EndpointSetting, client: Client, http: HttpClient, clock: Clock) {
    const { revocationEndpoint, jwksUri } = setting;
    this.#revocationEndpoint = revocationEndpoint === undefined ? undefined : new URL(revocationEndpoint);
    this.#jwksUri = jwksUri === undefined ? undefined : new URL(jwksUri);
    if ('tokenEndpoint' in setting) {
      this.#endpoint = { issuer: setting.tokenEndpoint, url: new URL(setting.tokenEndpoint) };
    } else {
      const issuer = new URL(setting.issuer);
      this.#metadata = new Refreshed(() => fetchMetadata(issuer, client, http), clock, policy);
    }
  }

  /** @throws UpstreamFailure `unavailable` or `wrong_endpoint`, or the reason of the signal when it aborts */
  async tokenEndpoint(credential: ClientCredential, signal: AbortSignal): Promise<TokenEndpoint> {
    if (this.#endpoint !== undefined) return this.#endpoint;
    const { issuer, tokenEndpoint, mtlsTokenEndpoint } = (await this.#fetched(signal))!;
    return { issuer, url: certificateOf(credential) ? mtlsTokenEndpoint : tokenEndpoint };
  }

  /** Where tokens are revoked (RFC 7009); undefined where the server has no such endpoint. @throws as `tokenEndpoint` */
  async revocationEndpoint(
    credential: ClientCredential,
    signal: AbortSignal,
  ): Promise<TokenEndpoint | undefined> {
    const { issuer } = await this.tokenEndpoint(credential, signal);
    if (this.#revocationEndpoint !== undefined) return { issuer, url: this.#revocationEndpoint };
    const metadata = await this.#fetched(signal);
    const url = certificateOf(credential) ? metadata?.mtlsRevocationEndpoint : metadata?.revocationEndpoint;
    return url && { issuer, url };
  }

  /** Where the server says whether a token is active (RFC 7662); undefined where that is not known. @throws as `tokenEndpoint` */
  async introspectionEndpoint(signal: AbortSignal): Promise<TokenEndpoint | undefined> {
    const metadata = await this.#fetched(signal);
    const url = metadata?.introspectionEndpoint;
    return metadata && url && { issuer: metadata.issuer, url };
  }

  /** Where the server publishes its keys; undefined where that is not known. @throws as `tokenEndpoint` */
  async jwksUri(signal: AbortSignal): Promise<URL | undefined> {
    return this.#jwksUri ?? (await this.#fetched(signal))?.jwksUri;
  }

  async #fetched(signal: AbortSignal): Promise<ServerMetadata | undefined> {
    return this.#metadata && unlessAborted(this.#metadata.get(), signal);
  }
}

/**
 * Asks an issuer for its metadata: in the form of RFC 8414, and when that gives none to use, in the form of OpenID
 * Connect Discovery. Some servers answer the path that they do not know with a page, others with 401.
 * @throws UpstreamFailure `unavailable` or `wrong_endpoint`
 */
async function fetchMetadata(issuer: URL, client: Client, http: HttpClient): Promise<ServerMetadata> {
  if (!isSecureUrl(issuer)) throw unusable(issuer, client, 'its URL is not https');
  const faults: string[] = [];
  for (const [form, url] of [
    ['RFC 8414', rfc8414Url(issuer)],
    ['OpenID', openIdUrl(issuer)],
  ] as const) {
    try {
      const response = await sendFor(client, http, url, { headers: { accept: 'application/json' } });
      return processMetadata(issuer, response);
    } catch (error) {
      if (!(error instanceof InvalidResponse)) throw error;
      faults.push(`${form}: ${error.message}`);
    }
  }
  throw unusable(issuer, client, faults.join('; '));
}

/** RFC 8414 §3.1: between host and path. */
function rfc8414Url(issuer: URL): URL {
  const path = issuer.pathname.replace(/\/$/, '');
  return new URL(`/.well-known/oauth-authorization-server${path}`, issuer);
}

/** OpenID Connect Discovery 1.0 §4: after the path. */
function openIdUrl(issuer: URL): URL {
  const url = new URL(issuer);
  url.pathname = `${issuer.pathname.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return url;
}

function unusable(issuer: URL, client: Client, fault: string): UpstreamFailure {
  return new UpstreamFailure(
    'wrong_endpoint',
    `${issuer.host} has no usable metadata for client ${client.name} (${fault}). Check issuer, or set tokenEndpoint instead.`,
  );
}
