import type { Credential } from '#consumers/credential.js';
import type { Token } from '#tokens/model/token.js';
import { type ErrorResponse, HttpFailure } from '../core/failure-response.js';
import type { ConsumerApiDocument } from '../core/openapi-document.js';
import { docsRoutes } from './docs.js';
import type { Settings } from '../settings/settings.js';
import { forwardedParameters, proxyParameters, renderAsHeaders } from './forward-auth.js';
import type { PublishedKeys } from '../core/published-keys.js';
import { clientInPath, serverMetadata } from './metadata.js';
import { clientCredential, clientParameters, oauthErrorResponse } from './oauth.js';
import { decodedPath, parseQuery, type RequestedToken, tokenParameters } from './parameters.js';
import { rejectedTokenParameters } from './rejected-token.js';
import type { RequestContext } from './request-context.js';
import { type DocumentResponse, type HttpResponse, jsonDocument, renderAsJson } from './response.js';

interface AnyRoute {
  /** `any`: a proxy asks with the method of the request that it forwards. */
  readonly method: 'GET' | 'POST' | 'any';
  /** `/a/:b`; `/*` at the end: whatever follows means nothing. */
  readonly path: string;
}

/** A way to a token: where it is, how it is asked for, how it is answered. All else is the same for every way. */
export interface TokenRoute extends AnyRoute {
  /**
   * Absent: a bearer credential in the header `Authorization`, and nothing else.
   * @throws Failure `invalid_client` when there is none or it is malformed
   */
  credential?(context: RequestContext): Promise<Credential>;
  /**
   * Called for identified consumers only.
   * @throws Failure `invalid_request`, `invalid_scope`
   */
  parameters(context: RequestContext): RequestedToken | Promise<RequestedToken>;
  /** Whether the URL holds all parameters: then the grant is cached by it. */
  readonly cacheableByUrl?: boolean;
  /** @param now milliseconds of the monotonic clock */
  render(token: Token, now: number): HttpResponse;
  /** Puts a failure into the terms of another contract. */
  errorResponse?(failure: unknown, response: ErrorResponse): ErrorResponse;
}

/** What documents are made of besides a request. */
export interface BrokerDocuments {
  api: ConsumerApiDocument;
  publishedKeys: Pick<PublishedKeys, 'jwks' | 'cacheTime'>;
}

interface DocumentRoute extends AnyRoute {
  document(
    context: RequestContext,
    settings: Pick<Settings, 'publicUrl' | 'listen'>,
    documents: BrokerDocuments,
  ): DocumentResponse | Promise<DocumentResponse>;
}

export interface RouteMatch {
  route: TokenRoute | DocumentRoute;
  /** Values of `:name` in the path, still percent-encoded. */
  segments: readonly string[];
  /** The part of the URL that determines the grant. */
  grantKey: string | undefined;
}

const oauth = { credential: clientCredential, render: renderAsJson, errorResponse: oauthErrorResponse };

/** The API as its OpenAPI document describes it. */
export const routes = [
  { method: 'GET', path: '/token', parameters: inQuery, cacheableByUrl: true, render: renderAsJson },
  { method: 'POST', path: '/token/rejected', parameters: rejectedTokenParameters, render: renderAsJson },
  {
    method: 'any',
    path: '/forward-auth',
    parameters: proxyParameters,
    cacheableByUrl: true,
    render: renderAsHeaders,
  },
  {
    method: 'any',
    path: '/forward-auth/:client/:scopes/*',
    parameters: forwardedParameters,
    cacheableByUrl: true,
    render: renderAsHeaders,
  },
  { method: 'POST', path: '/oauth2/token', parameters: clientParameters, ...oauth },
  { method: 'POST', path: '/oauth2/:client/token', parameters: clientParameters, ...oauth },
  { method: 'GET', path: '/.well-known/jwks.json', document: keySet },
  { method: 'GET', path: '/oauth2/:client/jwks.json', document: keySet },
  { method: 'GET', path: '/.well-known/oauth-authorization-server', document: metadata },
  { method: 'GET', path: '/.well-known/oauth-authorization-server/oauth2/:client', document: metadata },
] as const satisfies readonly (TokenRoute | DocumentRoute)[];

type Route = TokenRoute | DocumentRoute;

const all: readonly Route[] = [...routes, ...docsRoutes];

const exact = new Map<string, Route>(
  all.filter(({ path }) => !/[:*]/.test(path)).map((route) => [route.path, route]),
);
const patterns = all
  .filter(({ path }) => /[:*]/.test(path))
  .map((route) => ({
    route,
    // What follows `/*` is cut off before anything is decoded.
    pattern: new RegExp(
      `^${route.path.replaceAll(/:\w+/g, '([^/?#]+)').replace(/\*$/, '')}${route.path.endsWith('*') ? '' : '$'}`,
    ),
  }));

/**
 * The route of a request.
 * @param target that of the request line, which may be a whole URL (RFC 9112 §3.2)
 */
export function matchRoute(method: string, target: string): RouteMatch | HttpFailure {
  const end = target.indexOf('?');
  const path = end < 0 ? target : target.slice(0, end);
  const route = exact.get(path);
  if (route !== undefined) return allowed(method, { route, segments: [], grantKey: keyOf(route, target) });
  return matchPattern(method, path.replace(/^https?:\/\/[^/?]*/i, ''), target);
}

function matchPattern(method: string, path: string, target: string): RouteMatch | HttpFailure {
  for (const { route, pattern } of patterns) {
    const [prefix, ...segments] = pattern.exec(path) ?? [];
    if (prefix !== undefined) return allowed(method, { route, segments, grantKey: keyOf(route, prefix) });
  }
  const decoded = decodedPath(path);
  if (decoded === undefined) return HttpFailure.of(400, 'the address is malformed');
  const route = exact.get(decoded);
  if (route === undefined) return HttpFailure.of(404);
  return allowed(method, { route, segments: [], grantKey: keyOf(route, target) });
}

function keyOf(route: Route, key: string): string | undefined {
  return 'cacheableByUrl' in route && route.cacheableByUrl ? key : undefined;
}

function allowed(method: string, match: RouteMatch): RouteMatch | HttpFailure {
  const { method: expected } = match.route;
  return expected === 'any' || expected === method ? match : HttpFailure.methodNotAllowed(method, [expected]);
}

async function keySet(
  context: RequestContext,
  _settings: unknown,
  { publishedKeys }: BrokerDocuments,
): Promise<DocumentResponse> {
  const { headers, text } = jsonDocument(await publishedKeys.jwks(clientInPath(context)));
  const caching = { 'cache-control': `public, max-age=${publishedKeys.cacheTime}` };
  return { headers: { ...headers, ...caching }, text };
}

function metadata(
  context: RequestContext,
  settings: Pick<Settings, 'publicUrl' | 'listen'>,
): DocumentResponse {
  return jsonDocument(serverMetadata(context, settings));
}

function inQuery({ query }: RequestContext): RequestedToken {
  return tokenParameters(parseQuery(query));
}
