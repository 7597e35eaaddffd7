import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose';
import { HttpClient, maxBodySize } from '#http/http-client.js';
import { decodeText } from '#http/media-type.js';
import { isSecureUrl } from '#http/secure-url.js';
import { parseJsonObject } from '#tokens/model/json-object.js';
import type { WorkloadIssuer } from './trusted-issuer.js';

/** RFC 6750 §2.1 */
const b64token = /^[A-Za-z0-9._~+/-]+=*$/;

/** HTTP to one issuer: its certificates, our credential, no redirects, bounded bodies. */
export class IssuerClient {
  readonly #http: HttpClient;
  readonly #authorization: Readonly<Record<string, string>>;
  #jwksUri: string | undefined;

  /**
   * @param timeout milliseconds for each request
   * @throws TypeError when the bearer token is not one
   */
  constructor(
    private readonly issuer: WorkloadIssuer,
    timeout: number,
  ) {
    const { name, ca, bearerToken } = issuer;
    if (bearerToken !== undefined && !b64token.test(bearerToken.reveal())) {
      throw new TypeError(`the bearerToken of the workload issuer ${name} is not a bearer token`);
    }
    this.#http = new HttpClient({ timeout, ca });
    this.#authorization = bearerToken ? { authorization: `Bearer ${bearerToken.reveal()}` } : {};
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

  /** OpenID Connect Discovery 1.0 §4. The issuer vouches for the address, so it gets our credential too. */
  async #discoverJwksUri(): Promise<string> {
    const { issuer } = this.issuer;
    const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const metadata = await this.#get(url, 'application/json');
    if (metadata.get('issuer') !== issuer) throw new Error(`${url.href} names another issuer than ${issuer}`);
    const jwksUri = metadata.get('jwks_uri');
    if (typeof jwksUri !== 'string') throw new Error(`${url.href} has no jwks_uri`);
    return jwksUri;
  }

  /** Plain http is for this machine only: an attacker who can change the keys on their way can be any workload. */
  async #get(url: URL, accept: string): Promise<ReadonlyMap<string, unknown>> {
    if (!isSecureUrl(url)) throw new Error(`${url.href} must be an https URL`);
    const { status, headers, body } = await this.#http.send(url, {
      headers: { accept, ...this.#authorization },
    });
    if (status !== 200) throw new Error(`${url.href} answered ${status}`);
    if (body.length > maxBodySize) throw new Error(`${url.href} answered with more than 256 KiB`);
    const fields = parseJsonObject(decodeText(body, headers.get('content-type')));
    if (fields === undefined) throw new Error(`${url.href} is not a JSON object`);
    return fields;
  }
}
