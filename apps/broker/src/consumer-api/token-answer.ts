import { LRUCache } from 'lru-cache';
import type { Token } from '#tokens/model/token.js';

/** How long a token is of use, in whole seconds. */
interface UsefulLife {
  expiresIn: number;
  /** After so long it is worth asking again: by then the token has been renewed. */
  refreshIn: number;
}

/** What stays of an answer as the life of its token goes by: the JSON before, between and after its two numbers. */
type Frame = readonly [string, string, string];

/** A renewal takes a moment: who asks right at its time would get the old token once more. */
const renewalTakes = 5_000;

/** For the tokens handed out last. Each is a second copy of its token, so there are not many. */
const frames = new LRUCache<Token, Frame>({ max: 2_000 });

/**
 * The JSON of a token answer (RFC 6749 §5.1), with `refresh_in`.
 * @param now milliseconds of the monotonic clock
 */
export function tokenAnswer(token: Token, now: number): string {
  const { expiresIn, refreshIn } = usefulLife(token, now);
  const [head, middle, end] = frames.get(token) ?? remembered(token);
  return head + expiresIn + middle + refreshIn + end;
}

function remembered(token: Token): Frame {
  const frame = frameOf(token);
  frames.set(token, frame);
  return frame;
}

function frameOf({ accessToken, scopes }: Token): Frame {
  const head = JSON.stringify({ access_token: accessToken.reveal(), token_type: 'Bearer' });
  const middle = JSON.stringify({ scope: String(scopes) });
  return [`${head.slice(0, -1)},"expires_in":`, `,${middle.slice(1, -1)},"refresh_in":`, '}'];
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
