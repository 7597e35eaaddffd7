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
  /** Whole seconds that the token must still live. */
  minTtl?: number | undefined;
}

/**
 * A key that is cheap to make, as a hit costs little else. Equal parameters may have several raw keys, but no raw key
 * stands for two: its parts are length-prefixed, or JSON.
 */
export function rawKey(parameters: TokenParameters): string {
  const { scopes, client, resource, minTtl } = parameters;
  if (typeof scopes !== 'string' || resource !== undefined || minTtl !== undefined) {
    return JSON.stringify([scopes, client, resource, minTtl, 'scopes' in parameters]);
  }
  return client === undefined ? `-${scopes}` : `${client.length}:${client}${scopes}`;
}

/** Parameters in their one form: order and duplicates of scopes and resources mean nothing. */
export class NormalizedParameters {
  readonly client: string | undefined;
  readonly scopes: string | undefined;
  readonly resources: readonly string[];
  /** Seconds. */
  readonly minTtl: number | undefined;
  /** Of the cached token. */
  readonly key: string;

  /** @throws TokenBrokerError `invalid_request` */
  constructor(parameters: TokenParameters) {
    this.client = parameters.client;
    this.scopes = 'scopes' in parameters ? scopesOf(parameters.scopes) : undefined;
    this.resources = sorted(listOf(parameters.resource ?? []));
    this.minTtl = minTtlOf(parameters.minTtl);
    const { client, scopes, resources, minTtl } = this;
    this.key = JSON.stringify({ client, scopes, resources, minTtl });
  }

  /** The query of `GET /token`. */
  get query(): string {
    const query = new URLSearchParams();
    if (this.client !== undefined) query.set('client', this.client);
    if (this.scopes !== undefined) query.set('scopes', this.scopes);
    for (const resource of this.resources) query.append('resource', resource);
    if (this.minTtl !== undefined) query.set('min_ttl', String(this.minTtl));
    return query.toString();
  }

  /** The body of `POST /token/rejected`. */
  rejection(sha256: string): string {
    const { client, scopes, resources, minTtl } = this;
    return JSON.stringify({
      client,
      scopes,
      resource: resources.length === 0 ? undefined : resources,
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
  const advice = 'name the scopes, or leave the property out for all that this consumer may have';
  throw new TokenBrokerError('invalid_request', `scopes is empty: ${advice}`);
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
