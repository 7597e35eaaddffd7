import { TokenBrokerError } from './token-broker-error.js';

/** What kind of token is requested. */
export interface TokenParameters {
  /**
   * Separated by spaces, or a list. By default all that this consumer may have. An undefined or empty value is an error: a
   * variable that is not set must not widen the request.
   */
  scopes?: string | readonly string[];
  /** The client's name in the settings of the broker; optional for a consumer that may use exactly one. */
  client?: string | undefined;
  /** Resource indicators (RFC 8707). */
  resource?: string | readonly string[] | undefined;
  /** Authorization details (RFC 9396): one, or a list. */
  authorizationDetails?: AuthorizationDetails | readonly AuthorizationDetails[] | undefined;
  /** Whole seconds that the token must still be valid. */
  minTtl?: number | undefined;
}

/** An object of RFC 9396 §2: its `type`, and what that defines. */
export type AuthorizationDetails = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * A key that is cheap to make, as a hit costs little else. Equal parameters may have several raw keys, but no raw key
 * stands for two: its parts are length-prefixed, or JSON.
 */
export function rawKey(parameters: TokenParameters): string {
  const { scopes, client, resource, authorizationDetails: details, minTtl } = parameters;
  const isPlain = resource === undefined && details === undefined && minTtl === undefined;
  if (typeof scopes !== 'string' || !isPlain) {
    return JSON.stringify([scopes, client, resource, minTtl, 'scopes' in parameters, details]);
  }
  return client === undefined ? `-${scopes}` : `${client.length}:${client}${scopes}`;
}

/** Parameters in their one form: order and duplicates of scopes and resources mean nothing. */
export class NormalizedParameters {
  readonly client: string | undefined;
  readonly scopes: string | undefined;
  readonly resources: readonly string[];
  /** JSON. */
  readonly authorizationDetails: string | undefined;
  /** Seconds. */
  readonly minTtl: number | undefined;
  /** Of the cached token. */
  readonly key: string;

  /** @throws TokenBrokerError `invalid_request` */
  constructor(parameters: TokenParameters) {
    this.client = parameters.client;
    this.scopes = 'scopes' in parameters ? scopesOf(parameters.scopes) : undefined;
    this.resources = sorted(listOf(parameters.resource ?? []));
    this.authorizationDetails = detailsOf(parameters.authorizationDetails);
    this.minTtl = minTtlOf(parameters.minTtl);
    const { client, scopes, resources, authorizationDetails, minTtl } = this;
    this.key = JSON.stringify({ client, scopes, resources, authorizationDetails, minTtl });
  }

  /** The query of `GET /token`. */
  get query(): string {
    const query = new URLSearchParams();
    if (this.client !== undefined) query.set('client', this.client);
    if (this.scopes !== undefined) query.set('scopes', this.scopes);
    for (const resource of this.resources) query.append('resource', resource);
    if (this.authorizationDetails !== undefined)
      query.set('authorization_details', this.authorizationDetails);
    if (this.minTtl !== undefined) query.set('min_ttl', String(this.minTtl));
    return query.toString();
  }

  /** The body of `POST /token/rejected`. */
  rejection(sha256: string): string {
    const { client, scopes, resources, authorizationDetails, minTtl } = this;
    return JSON.stringify({
      client,
      scopes,
      resource: resources.length === 0 ? undefined : resources,
      authorization_details: authorizationDetails,
      min_ttl: minTtl,
      access_token_sha256: sha256,
    });
  }
}

function scopesOf(scopes: TokenParameters['scopes']): string {
  const list = listOf(scopes ?? [])
    .flatMap((one) => one.split(' '))
    .filter((one) => one !== '');
  if (list.length > 0) return sorted(list).join(' ');
  const advice = 'name the scopes, or omit the property to get all that this consumer may have';
  throw new TokenBrokerError('invalid_request', `scopes is empty: ${advice}`);
}

function detailsOf(details: TokenParameters['authorizationDetails']): string | undefined {
  const list = [details ?? []].flat();
  return list.length === 0 ? undefined : `[${sorted(list.map(canonicalJson)).join(',')}]`;
}

/** Members in the order of their names: that in which they were written means nothing. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

function minTtlOf(seconds: number | undefined): number | undefined {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= 0)) return seconds;
  throw new TokenBrokerError('invalid_request', 'minTtl must be a whole number of seconds');
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function sorted(list: readonly string[]): string[] {
  return [...new Set(list)].toSorted();
}
