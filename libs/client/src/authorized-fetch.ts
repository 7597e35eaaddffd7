import type { AccessToken } from './access-token.js';
import { type ApiOrigins, isReplayable } from './api-request.js';
import type { TokenRejection } from './rejection.js';

type Fetch = typeof globalThis.fetch;

/** The arguments of `fetch`. */
export interface FetchCall {
  input: string | URL | Request;
  init: RequestInit | undefined;
}

export interface TokenForFetch {
  rejection: TokenRejection;
  token: () => Promise<AccessToken>;
  /** Another token instead of the one that was rejected. */
  replace: (rejected: AccessToken) => Promise<AccessToken>;
}

/**
 * Calls with a token. On 401 the token is reported, and the call repeated once with another one: if its body can be sent
 * again, and if another one is available. Otherwise the 401 is returned. A call to an origin that the tokens are not for
 * goes without one, and its 401 is not reported.
 * @param origins by default that of the call
 */
export async function authorizedFetch(
  fetch: Fetch,
  call: FetchCall,
  tokens: TokenForFetch,
  origins: ApiOrigins | undefined,
): Promise<Response> {
  if (origins?.allows(urlOf(call)) === false) return fetch(call.input, call.init);
  const token = await tokens.token();
  const response = await send(fetch, call, token);
  const rejects = ({ status, headers }: Response) =>
    tokens.rejection.matches(status, headers.get('www-authenticate'));
  if (!rejects(response)) return response;
  const rejected = response.redirected
    ? await withoutDetour(fetch, call, response, token, rejects)
    : response;
  if (rejected !== response) return rejected ?? response;
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

/**
 * A redirect to another origin drops the token for the rest of the chain, even if that leads back (Fetch, HTTP-redirect
 * fetch): such a 401 does not reject it. Where the chain ended at the origin of the call, the last URL is called directly.
 * @returns the redirected response when the token is rejected; another one, or undefined, when it is not known to be
 */
async function withoutDetour(
  fetch: Fetch,
  call: FetchCall,
  redirected: Response,
  token: AccessToken,
  rejects: (response: Response) => boolean,
): Promise<Response | undefined> {
  const { input, init } = call;
  if (new URL(urlOf(call)).origin !== new URL(redirected.url).origin) return undefined;
  const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
  if (method !== 'GET' && method !== 'HEAD') return redirected;
  const last = input instanceof Request ? new Request(redirected.url, input) : redirected.url;
  const direct = await send(fetch, { input: last, init }, token);
  const isRejected = rejects(direct);
  await (isRejected ? direct : redirected).body?.cancel();
  return isRejected ? redirected : direct;
}

function urlOf({ input }: FetchCall): string {
  return input instanceof Request ? input.url : String(input);
}

function send(fetch: Fetch, { input, init }: FetchCall, { authorization }: AccessToken): Promise<Response> {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
  headers.set('authorization', authorization);
  return fetch(input, { ...init, headers });
}

function isRepeatable({ input, init }: FetchCall): boolean {
  if (init?.body !== undefined && init.body !== null) return isReplayable(init.body);
  return !(input instanceof Request) || input.body === null;
}
