import { LRUCache } from 'lru-cache';
import type { Token } from '#tokens/token.js';

/** How long a token is of use, in whole seconds. */
interface UsefulLife {
  expiresIn: number;
  /** After so long it is worth asking again: by then the token has been renewed. */
  refreshIn: number;
}

interface Answer extends UsefulLife {
  json: string;
}

/** A renewal takes a moment: who asks right at its time would get the old token once more. */
const renewalTakes = 5_000;

/**
 * The last answer with each of the tokens handed out last: it stays the same for a second, in which a token may be handed
 * out thousands of times. It is a second copy of the token, so there are not many.
 */
const answers = new LRUCache<Token, Answer>({ max: 1_000 });

/**
 * The JSON of a token answer (RFC 6749 §5.1), with `refresh_in`.
 * @param now milliseconds of the monotonic clock
 */
export function tokenAnswer(token: Token, now: number): string {
  const life = usefulLife(token, now);
  const last = answers.get(token);
  if (last?.expiresIn === life.expiresIn && last.refreshIn === life.refreshIn) return last.json;
  const json = jsonOf(token, life);
  answers.set(token, { ...life, json });
  return json;
}

function jsonOf({ accessToken, scopes }: Token, { expiresIn, refreshIn }: UsefulLife): string {
  return JSON.stringify({
    access_token: accessToken.reveal(),
    token_type: 'Bearer',
    expires_in: expiresIn,
    scope: String(scopes),
    refresh_in: refreshIn,
  });
}

function usefulLife(token: Token, now: number): UsefulLife {
  const remaining = Math.max(0, token.remaining(now));
  const expiresIn = Math.floor(remaining / 1000);
  const refreshIn = Math.floor(usefulAfter(token.renewAt - now, remaining) / 1000);
  return { expiresIn, refreshIn: Math.max(0, Math.min(refreshIn, expiresIn - 1)) };
}

/** Milliseconds; soon when the renewal is overdue. */
function usefulAfter(renewIn: number, remaining: number): number {
  if (renewIn <= 0) return Math.min(remaining / 2, 30_000);
  return Math.min(renewIn + renewalTakes, (renewIn + remaining) / 2);
}
