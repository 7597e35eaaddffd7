import type { Token } from '#tokens/token.js';

/** The body of a token answer (RFC 6749 §5.1). Durations in whole seconds. */
export interface TokenAnswerBody {
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  scope: string;
  /** After so long it is worth asking again: by then the token has been renewed. */
  refresh_in: number;
}

/** A renewal takes a moment: who asks right at its time would get the old token once more. */
const renewalTakes = 5_000;

/** @param now milliseconds of the monotonic clock */
export function tokenAnswer(token: Token, now: number): TokenAnswerBody {
  const remaining = Math.max(0, token.remaining(now));
  const expiresIn = Math.floor(remaining / 1000);
  const refreshIn = Math.floor(usefulAfter(token.renewAt - now, remaining) / 1000);
  return {
    access_token: token.accessToken.reveal(),
    token_type: 'Bearer',
    expires_in: expiresIn,
    scope: String(token.scopes),
    refresh_in: Math.max(0, Math.min(refreshIn, expiresIn - 1)),
  };
}

/** Milliseconds; soon when the renewal is overdue. */
function usefulAfter(renewIn: number, remaining: number): number {
  if (renewIn <= 0) return Math.min(remaining / 2, 30_000);
  return Math.min(renewIn + renewalTakes, (renewIn + remaining) / 2);
}
