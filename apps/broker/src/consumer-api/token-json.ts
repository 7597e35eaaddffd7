import { LRUCache } from 'lru-cache';
import type { Token } from '#tokens/model/token.js';
import type { HttpResponse } from './response.js';

/** Whole seconds. */
interface Lifetimes {
  expiresIn: number;
  /** After so long it is worth asking again: by then the token has been renewed. */
  refreshIn: number;
}

/** The JSON before, between and after the two numbers that change while the token lives. */
type JsonTemplate = readonly [string, string, string];

/** Milliseconds that a renewal may take: a consumer that asks right at its time would get the old token once more. */
const refreshGracePeriod = 5_000;

/** For the tokens served last. Each is a second copy of its token, so there are not many. */
const templates = new LRUCache<Token, JsonTemplate>({ max: 2_000 });

const headers = ['content-type', 'application/json; charset=utf-8'];

/** @param now milliseconds of the monotonic clock */
export function renderAsJson(token: Token, now: number): HttpResponse {
  return { headers, body: renderTokenJson(token, now) };
}

/**
 * The JSON of a token response (RFC 6749 §5.1), with `refresh_in`.
 * @param now milliseconds of the monotonic clock
 */
export function renderTokenJson(token: Token, now: number): string {
  const { expiresIn, refreshIn } = lifetimesOf(token, now);
  const [head, middle, end] = templates.get(token) ?? cachedTemplate(token);
  return head + expiresIn + middle + refreshIn + end;
}

function cachedTemplate(token: Token): JsonTemplate {
  const template = templateOf(token);
  templates.set(token, template);
  return template;
}

function templateOf({ accessToken, scopes }: Token): JsonTemplate {
  const head = JSON.stringify({ access_token: accessToken.reveal(), token_type: 'Bearer' });
  const middle = JSON.stringify({ scope: String(scopes) });
  return [`${head.slice(0, -1)},"expires_in":`, `,${middle.slice(1, -1)},"refresh_in":`, '}'];
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
