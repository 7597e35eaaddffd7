import type { Credential } from '#consumers/credential.js';
import type { Token } from '#tokens/model/token.js';
import { type ErrorResponse, HttpFailure } from '../core/failure-response.js';
import type { ConsumerApiDocument } from '../core/openapi-document.js';
import { docsRoutes } from './docs.js';
import type { Settings } from '../settings/settings.js';
import { forwardedParameters, proxyParameters, renderAsHeaders } from './forward-auth.js';
import type { PublishedKeys } from '../core/published-keys.js';
import { keySet, serverMetadata } from './metadata.js';
import { clientCredential, clientParameters, oauthErrorResponse } from './oauth.js';
import { decodedPath, parseQuery, type RequestedToken, tokenParameters } from './parameters.js';
import { rejectedTokenParameters } from './rejected-token.js';
import type { RequestContext } from './request-context.js';
import { type DocumentResponse, type HttpResponse, renderAsJson } from './response.js';

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
  readonly document?: undefined;
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

export interface DocumentRoute extends AnyRoute {
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
  { method: 'GET', path: '/.well-known/oauth-authorization-server', document: serverMetadata },
  { method: 'GET', path: '/.well-known/oauth-authorization-server/oauth2/:client', document: serverMetadata },
] as const satisfies readonly (TokenRoute | DocumentRoute)[];

type Route = TokenRoute | DocumentRoute;

const all: readonly Route[] = [...routes, ...docsRoutes].map(inOneShape);

const exact = new Map<string, Route>(
  all.filter(({ path }) => !/[:*]/.test(path)).map((route) => [route.path, route]),
);
const patterns = all
  .filter(({ path }) => /[:*]/.test(path))
  .map((route) => ({ route, parts: route.path.slice(1).split('/') }));

const noSegments: readonly string[] = [];
const slash = '/'.charCodeAt(0);

/**
 * The route of a request.
 * @param target that of the request line, which may be a whole URL (RFC 9112 §3.2)
 */
export function matchRoute(method: string, target: string): RouteMatch | HttpFailure {
  const end = target.indexOf('?');
  const path = end < 0 ? target : target.slice(0, end);
  const route = exact.get(path);
  if (route !== undefined) {
    return allowed(method, { route, segments: noSegments, grantKey: keyOf(route, target) });
  }
  const isPath = path.charCodeAt(0) === slash;
  return matchPattern(method, isPath ? path : path.replace(/^https?:\/\/[^/?]*/i, ''), target);
}

function matchPattern(method: string, path: string, target: string): RouteMatch | HttpFailure {
  for (const { route, parts } of patterns) {
    const segments: string[] = [];
    const end = matchParts(parts, path, segments);
    // What follows `/*` is cut off before anything is decoded.
    if (end !== undefined) {
      return allowed(method, { route, segments, grantKey: keyOf(route, path.slice(0, end)) });
    }
  }
  const decoded = decodedPath(path);
  if (decoded === undefined) return HttpFailure.of(400, 'the address is malformed');
  const route = exact.get(decoded);
  if (route === undefined) return HttpFailure.of(404);
  return allowed(method, { route, segments: noSegments, grantKey: keyOf(route, target) });
}

/**
 * Regular expressions take five times as long.
 * @param segments receives what stands in the place of each `:name`
 * @returns where the path of the route ends; undefined when the path is another one
 */
function matchParts(parts: readonly string[], path: string, segments: string[]): number | undefined {
  let at = 0;
  for (const part of parts) {
    if (path.charCodeAt(at) !== slash) return undefined;
    at++;
    if (part === '*') return at;
    const next = path.indexOf('/', at);
    const segment = path.slice(at, next < 0 ? path.length : next);
    if (!part.startsWith(':')) {
      if (segment !== part) return undefined;
    } else if (segment === '' || segment.includes('#')) {
      return undefined;
    } else {
      segments.push(segment);
    }
    at += segment.length;
  }
  return at === path.length ? at : undefined;
}

/** Objects with the same properties in the same order: V8 then knows where each is, which a request reads many of. */
function inOneShape(route: Route): Route {
  const absent = {
    method: undefined,
    path: undefined,
    document: undefined,
    credential: undefined,
    parameters: undefined,
    cacheableByUrl: false,
    render: undefined,
    errorResponse: undefined,
  };
  return Object.assign(absent, route);
}

function keyOf(route: Route, key: string): string | undefined {
  return route.document === undefined && route.cacheableByUrl ? key : undefined;
}

function allowed(method: string, match: RouteMatch): RouteMatch | HttpFailure {
  const { method: expected } = match.route;
  return expected === 'any' || expected === method ? match : HttpFailure.methodNotAllowed(method, [expected]);
}

function inQuery({ query }: RequestContext): RequestedToken {
  return tokenParameters(parseQuery(query));
}
