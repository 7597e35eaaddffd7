import type { ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { memoryBound } from '#tokens/memory/memory-token-store.js';
import type { Token } from '#tokens/model/token.js';
import type { ErrorResponse } from '../core/failure-response.js';
import type { RequestContext } from './request-context.js';

/** A response with a token. All of it is ASCII, as tokens and scopes are (RFC 6749 appendix A). */
export interface HttpResponse {
  /** Names and values in turn: Node writes them fastest this way. */
  headers: readonly string[];
  body: string;
}

const jsonType = ['content-type', 'application/json; charset=utf-8'];

/** Of every response: no cache keeps it, and the log has its request by this id. */
const commonHeaders = ['cache-control', 'no-store', 'pragma', 'no-cache', 'x-request-id'];

/**
 * @param isLast whether the connection ends with it (RFC 9112 §9.6)
 * @returns false when the client has disconnected before
 */
export function sendToken(
  { response, id }: RequestContext,
  { headers, body }: HttpResponse,
  isLast: boolean,
): boolean {
  if (response.destroyed || isClosedStream(response)) return false;
  if (isLast) response.shouldKeepAlive = false;
  const head = headers.slice();
  head.push(...commonHeaders, id, 'content-length', String(body.length));
  response.writeHead(200, head).end(body, 'latin1');
  return true;
}

/** What is for anybody: metadata, and the description of this API. */
export interface DocumentResponse {
  headers: Readonly<Record<string, string>>;
  text: string;
}

export function jsonDocument(body: object): DocumentResponse {
  return { headers: Object.fromEntries([jsonType]) as Record<string, string>, text: JSON.stringify(body) };
}

export function sendDocument(
  { response, id }: RequestContext,
  { headers, text }: DocumentResponse,
  isLast: boolean,
  status = 200,
): void {
  if (isLast) response.shouldKeepAlive = false;
  const length = String(Buffer.byteLength(text));
  const caching = headers['cache-control'] === undefined ? commonHeaders : ['x-request-id'];
  const own = [...headersFor(response, headers), 'content-length', length];
  response.writeHead(status, [...own, ...caching, id]).end(text);
}

export function sendError(
  context: RequestContext,
  { status, headers, body }: ErrorResponse,
  isLast: boolean,
): void {
  const { headers: type, text } = jsonDocument(body);
  sendDocument(context, { headers: { ...headers, ...type }, text }, isLast, status);
}

/** A response of HTTP/2 has no `destroyed` of its own. */
function isClosedStream(response: ServerResponse & { stream?: { destroyed: boolean } }): boolean {
  return response.stream?.destroyed === true;
}

/** HTTP/2 has no header `Connection` (RFC 9113 §8.2.2). */
function headersFor({ req }: ServerResponse, headers: Readonly<Record<string, string>>): string[] {
  const isHttp2 = req.httpVersionMajor === 2;
  return Object.entries(headers)
    .filter(([name]) => !isHttp2 || name !== 'connection')
    .flat();
}

/** Whole seconds. */
interface Lifetimes {
  expiresIn: number;
  /** After so long it is worth asking again: by then the token has been renewed. */
  refreshIn: number;
}

/** The JSON before, between and after the two numbers that change while the token lives, and the last that was made. */
interface JsonTemplate extends Lifetimes {
  head: string;
  middle: string;
  end: string;
  json: string;
}

/** Milliseconds that a renewal may take: a consumer that asks right at its time would get the old token once more. */
const refreshGracePeriod = 5_000;

/** For the tokens served last. Each is a second copy of its token, so there are not many. */
const templates = new LRUCache<Token, JsonTemplate>({
  max: 2_000,
  // Each holds its token three times over: with those of the near cache they must fit into a small heap.
  maxSize: Math.ceil(memoryBound().maxSize / 2),
  sizeCalculation: ({ head, middle, end }) => 3 * (head.length + middle.length + end.length),
});

/** @param now milliseconds of the monotonic clock */
export function renderAsJson(token: Token, now: number): HttpResponse {
  return { headers: jsonType, body: renderTokenJson(token, now) };
}

/**
 * The JSON of a token response (RFC 6749 §5.1), with `refresh_in`.
 * @param now milliseconds of the monotonic clock
 */
export function renderTokenJson(token: Token, now: number): string {
  const { expiresIn, refreshIn } = lifetimesOf(token, now);
  const last = templates.get(token) ?? cachedTemplate(token);
  if (last.expiresIn === expiresIn && last.refreshIn === refreshIn) return last.json;
  const json = last.head + expiresIn + last.middle + refreshIn + last.end;
  Object.assign(last, { expiresIn, refreshIn, json });
  return json;
}

function cachedTemplate(token: Token): JsonTemplate {
  const template = templateOf(token);
  templates.set(token, template);
  return template;
}

function templateOf({ accessToken, scopes, authorizationDetails }: Token): JsonTemplate {
  const head = JSON.stringify({ access_token: accessToken.reveal(), token_type: 'Bearer' });
  const middle = JSON.stringify({ scope: String(scopes) });
  // It may be beyond ASCII, which the body is not.
  const details = authorizationDetails?.replaceAll(/[^\x20-\x7e]/g, escaped);
  const end = details === undefined ? '}' : `,"authorization_details":${details}}`;
  return {
    head: `${head.slice(0, -1)},"expires_in":`,
    middle: `,${middle.slice(1, -1)},"refresh_in":`,
    end,
    expiresIn: NaN,
    refreshIn: NaN,
    json: '',
  };
}

function escaped(codeUnit: string): string {
  return `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function lifetimesOf(token: Token, now: number): Lifetimes {
  const remaining = Math.max(0, token.remaining(now));
  const expiresIn = Math.floor(remaining / 1000);
  const refreshIn = Math.floor(refreshAfter(token.renewAt - now, remaining) / 1000);
  return { expiresIn, refreshIn: Math.max(0, Math.min(refreshIn, expiresIn - 1)) };
}

/** Milliseconds; soon when the renewal is overdue. */
function refreshAfter(renewIn: number, remaining: number): number {
  if (renewIn <= 0) return Math.min(remaining / 2, 30_000);
  return Math.min(renewIn + refreshGracePeriod, (renewIn + remaining) / 2);
}
