import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose';
import { HttpClient } from '#http/http-client.js';
import { jsonObjectIn, maxBodySize } from '#http/http-response.js';
import { isSecureUrl } from '#http/secure-url.js';
import type { WorkloadIssuer } from './trusted-issuer.js';

/** RFC 6750 §2.1 */
const b64token = /^[A-Za-z0-9._~+/-]+=*$/;

/** HTTP to one issuer: its certificates, our credential, no redirects, bounded bodies. */
export class IssuerClient {
  readonly #http: HttpClient;
  /** What the settings name: the address of the keys, or the issuer. */
  readonly #trusted: URL;
  #jwksUri: string | undefined;

  /**
   * @param timeout milliseconds for each request
   * @throws TypeError when the bearer token is not one
   */
  constructor(
    private readonly issuer: WorkloadIssuer,
    timeout: number,
  ) {
    const { name, ca, proxy, bearerToken } = issuer;
    if (bearerToken !== undefined && !b64token.test(bearerToken.reveal())) {
      throw new TypeError(`the bearerToken of the workload issuer ${name} is not a bearer token`);
    }
    this.#http = new HttpClient({ timeout, ca, proxy });
    this.#trusted = new URL(issuer.jwksUri ?? issuer.issuer);
  }

  /**
   * Fetches the public keys, from the address in the settings or in the issuer's metadata, which are fetched again after
   * a failure: the address may have changed.
   * @throws Error when they cannot be fetched or are not a key set (RFC 7517 §5)
   */
  async keySet(): Promise<LocalJWKSet> {
    try {
      this.#jwksUri ??= this.issuer.jwksUri ?? (await this.#discoverJwksUri());
      const fields = await this.#get(new URL(this.#jwksUri), 'application/json, application/jwk-set+json');
      return createLocalJWKSet(Object.fromEntries(fields) as unknown as JSONWebKeySet);
    } catch (error) {
      this.#jwksUri = undefined;
      throw error;
    }
  }

  /** Waits for what is in flight. */
  close(): Promise<void> {
    return this.#http.close();
  }

  /** OpenID Connect Discovery 1.0 §4 */
  async #discoverJwksUri(): Promise<string> {
    const { issuer } = this.issuer;
    const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const metadata = await this.#get(url, 'application/json');
    const named = metadata.get('issuer');
    if (named !== issuer) {
      throw new Error(
        `${url.href} names issuer ${JSON.stringify(named)?.slice(0, 200)} instead of ${issuer}`,
      );
    }
    const jwksUri = metadata.get('jwks_uri');
    if (typeof jwksUri !== 'string') throw new Error(`${url.href} has no jwks_uri`);
    return jwksUri;
  }

  /**
   * Plain http is for an issuer on this machine only: an attacker who can change the keys on their way can be any
   * workload, and metadata of another machine must not lead to what listens here.
   */
  async #get(url: URL, accept: string): Promise<ReadonlyMap<string, unknown>> {
    if (!isSecureUrl(url) || (url.protocol === 'http:' && this.#trusted.protocol !== 'http:')) {
      throw new Error(`${url.href} must be an https URL`);
    }
    const authorization = this.#authorizationFor(url);
    const response = await this.#http.send(url, { headers: { accept, ...authorization } });
    const { status, body } = response;
    if (status !== 200) throw new Error(`${url.href} answered ${status}${this.#missingCredential(url)}`);
    if (body.length > maxBodySize) throw new Error(`${url.href} answered with more than 256 KiB`);
    const fields = jsonObjectIn(response);
    if (fields === undefined) throw new Error(`${url.href} is not a JSON object`);
    return fields;
  }

  /** Metadata may name any address for the keys: our credential goes to the origin that the settings name only. */
  #authorizationFor({ origin }: URL): Readonly<Record<string, string>> {
    const { bearerToken } = this.issuer;
    if (bearerToken === undefined || origin !== this.#trusted.origin) return {};
    return { authorization: `Bearer ${bearerToken.reveal()}` };
  }

  #missingCredential({ origin }: URL): string {
    if (this.issuer.bearerToken === undefined || origin === this.#trusted.origin) return '';
    return ` without the bearerToken, which goes to ${this.#trusted.origin} only: name this address as jwksUri in the settings if it is right`;
  }
}
