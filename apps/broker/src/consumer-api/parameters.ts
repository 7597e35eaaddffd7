import { parseAuthorizationDetails } from '#tokens/model/authorization-details.js';
import { Failure } from '#tokens/model/failures.js';
import { didYouMean } from '#tokens/model/nearest-name.js';
import { ScopeSet } from '#tokens/model/scope-set.js';

/** The parameters of a token request of a consumer, well-formed and not yet authorized. */
export interface TokenParameters {
  client?: string | undefined;
  scopes?: ScopeSet | undefined;
  resources: readonly string[];
  authorizationDetails?: readonly string[] | undefined;
  /** Milliseconds. */
  minTtl?: number | undefined;
}

/** The parameters of a request, and the token that it reports as rejected, if any: SHA-256 in hex. */
export type RequestedToken = TokenParameters & { rejected?: string };

/** Values by name, in the order given. */
export type RawParameters = ReadonlyMap<string, readonly string[]>;

export const clientName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const wholeSeconds = /^\d{1,6}$/;
const maxResourceLength = 2_048;
/** Parsing thousands of them would delay the requests of all other consumers. */
const maxParameters = 100;
/** Sorting and authorizing thousands of them would, too. */
const maxScopes = 100;

/**
 * Parses a query string (`a=1&b=2`, form encoding). Strict: a wrong escape is an error, not a literal.
 * @throws Failure `invalid_request`
 */
export function parseQuery(query: string): RawParameters {
  const parameters = new Map<string, string[]>();
  const pairs = query.split('&').filter((one) => one !== '');
  if (pairs.length > maxParameters) {
    throw new Failure('invalid_request', `there are more than ${maxParameters} parameters`);
  }
  for (const pair of pairs) {
    const [name, value] = split(pair).map(decode) as [string, string];
    parameters.set(name, [...(parameters.get(name) ?? []), value]);
  }
  return parameters;
}

/**
 * Checks the parameters that all ways to a token share.
 * @param others names of those that this way has besides
 * @throws Failure `invalid_request`, `invalid_scope`
 */
export function tokenParameters(raw: RawParameters, others: readonly string[] = []): TokenParameters {
  const known = ['client', 'scopes', 'scope', 'resource', 'authorization_details', 'min_ttl', ...others];
  const unknown = [...raw.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    // Its name is not repeated: a credential may stand in its place.
    const meant = didYouMean(unknown, known);
    throw new Failure('invalid_request', `unknown parameter; the known ones are ${known.join(', ')}${meant}`);
  }
  return {
    client: clientOf(single(raw, 'client')),
    scopes: scopesOf(raw.get('scopes'), raw.get('scope')),
    resources: (raw.get('resource') ?? []).map(resourceOf),
    ...detailsOf(single(raw, 'authorization_details')),
    minTtl: minTtlOf(single(raw, 'min_ttl')),
  };
}

function split(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

/** @throws Failure `invalid_request` */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Failure('invalid_request', 'the parameters are not percent-encoded UTF-8');
  }
}

/** A path without its percent-encoding; undefined when it is not percent-encoded UTF-8. */
export function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** @throws Failure `invalid_request` */
export function single(raw: RawParameters, name: string): string | undefined {
  const values = raw.get(name);
  if (values === undefined || values.length === 1) return values?.[0];
  throw new Failure('invalid_request', `${name} must be given once, or be omitted`);
}

function clientOf(name: string | undefined): string | undefined {
  if (name === undefined || clientName.test(name)) return name;
  throw new Failure('invalid_request', 'client must be the name of a client in the settings of the broker');
}

/** An empty parameter is no omitted one: an unset variable in a URL must not widen the request. */
function scopesOf(...given: (readonly string[] | undefined)[]): ScopeSet | undefined {
  const texts = given.filter((one) => one !== undefined);
  if (texts.length === 0) return undefined;
  const text = texts.flat().join(' ');
  if (text.split(' ').filter((scope) => scope !== '').length > maxScopes) {
    throw new Failure(
      'invalid_scope',
      `there are more than ${maxScopes} scopes; ask for those that one API needs`,
    );
  }
  const scopes = ScopeSet.parse(text);
  if (scopes.size > 0) return scopes;
  throw new Failure(
    'invalid_scope',
    'scopes is empty; name the scopes, or omit the parameter to get all that are allowed',
  );
}

function resourceOf(resource: string): string {
  const isAbsolute =
    resource.length <= maxResourceLength && URL.canParse(resource) && !resource.includes('#');
  if (isAbsolute && /^[\x21-\x7E]+$/.test(resource)) return resource;
  throw new Failure('invalid_request', 'resource must be an absolute URI without fragment (RFC 8707)');
}

function detailsOf(json: string | undefined): Pick<TokenParameters, 'authorizationDetails'> {
  return json === undefined ? {} : { authorizationDetails: parseAuthorizationDetails(json) };
}

function minTtlOf(seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  if (!wholeSeconds.test(seconds)) {
    throw new Failure('invalid_request', 'min_ttl must be a whole number of seconds');
  }
  return Number(seconds) * 1000;
}
