import type { AccessToken } from './access-token.js';
import { isReplayable } from './replayable.js';

/** What `fetch` takes. */
export interface FetchCall {
  input: string | URL | Request;
  init: RequestInit | undefined;
}

export interface TokenForFetch {
  token: () => Promise<AccessToken>;
  /** Another token instead of the one that was rejected. */
  replace: (rejected: AccessToken) => Promise<AccessToken>;
}

/**
 * Calls with a token. When the answer is 401 the token is reported, and the call repeated once with another one: if its
 * body can be sent again, and if another one can be had. Otherwise the 401 is the answer.
 */
export async function authorizedFetch(
  fetch: typeof globalThis.fetch,
  call: FetchCall,
  tokens: TokenForFetch,
): Promise<Response> {
  const token = await tokens.token();
  const response = await send(fetch, call, token);
  if (response.status !== 401 || hasLeft(call, response)) return response;
  const replacing = tokens.replace(token);
  if (!isRepeatable(call)) {
    replacing.catch(() => {});
    return response;
  }
  const other = await replacing.catch(() => undefined);
  signalOf(call)?.throwIfAborted();
  if (other === undefined || other.accessToken === token.accessToken) return response;
  await response.body?.cancel();
  return send(fetch, call, other);
}

export function signalOf({ input, init }: FetchCall): AbortSignal | undefined {
  return init?.signal ?? (input instanceof Request ? input.signal : undefined);
}

function send(
  fetch: typeof globalThis.fetch,
  { input, init }: FetchCall,
  { authorization }: AccessToken,
): Promise<Response> {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
  headers.set('authorization', authorization);
  return fetch(input, { ...init, headers });
}

function isRepeatable({ input, init }: FetchCall): boolean {
  if (init?.body !== undefined && init.body !== null) return isReplayable(init.body);
  return !(input instanceof Request) || input.body === null;
}

/** Redirected to another origin, a call goes on without its token: that 401 says nothing about it. */
function hasLeft({ input }: FetchCall, { redirected, url }: Response): boolean {
  const asked = input instanceof Request ? input.url : String(input);
  return redirected && new URL(asked).origin !== new URL(url).origin;
}
