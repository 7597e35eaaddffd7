import { LRUCache } from 'lru-cache';
import type { Token } from '#tokens/token.js';

/** How long a token is of use, in whole seconds. */
interface UsefulLife {
  expiresIn: number;
  /** After so long it is worth asking again: by then the token has been renewed. */
  refreshIn: number;
}

/** A renewal takes a moment: who asks right at its time would get the old token once more. */
const renewalTakes = 5_000;

/**
 * Those parts of the answers with a token that do not change: a token is handed out thousands of times. They are a second
 * copy of it, so only those of the tokens handed out last are kept.
 */
const parts = new LRUCache<Token, [before: string, between: string]>({ max: 1_000 });

/**
 * The JSON of a token answer (RFC 6749 §5.1), with `refresh_in`.
 * @param now milliseconds of the monotonic clock
 */
export function tokenAnswer(token: Token, now: number): string {
  const [before, between] = parts.get(token) ?? partsOf(token);
  const { expiresIn, refreshIn } = usefulLife(token, now);
  return `${before}${expiresIn}${between}${refreshIn}}`;
}

function partsOf(token: Token): [string, string] {
  const fixed: [string, string] = [
    `{"access_token":${JSON.stringify(token.accessToken.reveal())},"token_type":"Bearer","expires_in":`,
    `,"scope":${JSON.stringify(String(token.scopes))},"refresh_in":`,
  ];
  parts.set(token, fixed);
  return fixed;
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
