import { AccessToken } from './access-token.js';
import type { Credential } from './credential.js';
import type { Runtime } from './runtime.js';
import { TokenBrokerError } from './token-broker-error.js';
import type { NormalizedParameters } from './token-parameters.js';
import { type HttpResponse, processTokenResponse } from './token-response.js';

/** A broker that says "refresh at once" is not called more often than this. Milliseconds. */
const shortestRefresh = 1_000;

/** A token as the broker returned it. Instants in milliseconds on the monotonic clock. */
export interface ReceivedToken {
  token: AccessToken;
  /** From here on it would live shorter than requested. */
  usableUntil: number;
  /** From here on it should be refreshed. */
  refreshAt: number;
}

interface BrokerRequest {
  url: URL;
  body?: string;
}

/** HTTP to the broker: `GET /token` and `POST /token/rejected`. */
export class BrokerConnection {
  constructor(
    private readonly base: URL,
    private readonly credential: Credential,
    private readonly fetch: typeof globalThis.fetch,
    private readonly runtime: Runtime,
  ) {}

  /** @throws TokenBrokerError */
  token(parameters: NormalizedParameters, timeout: number): Promise<ReceivedToken> {
    const url = new URL('token', this.base);
    url.search = parameters.query;
    return this.#receive(parameters, timeout, { url });
  }

  /** @throws TokenBrokerError */
  rejected(parameters: NormalizedParameters, sha256: string, timeout: number): Promise<ReceivedToken> {
    const request = { url: new URL('token/rejected', this.base), body: parameters.rejection(sha256) };
    return this.#receive(parameters, timeout, request);
  }

  async #receive(
    parameters: NormalizedParameters,
    timeout: number,
    request: BrokerRequest,
  ): Promise<ReceivedToken> {
    return withTimeout(timeout, async (signal) => {
      const authorization = await this.credential.authorization();
      // The lifetime counts from here: how long the response took is not known to be shorter.
      const sentAt = this.runtime.now();
      const response = await this.#send(request, authorization, signal);
      const { accessToken, scope, expiresIn, refreshIn } = processTokenResponse(response);
      const expiresAt = sentAt + expiresIn * 1000;
      const usableUntil = expiresAt - (parameters.minTtl ?? 0) * 1000;
      return {
        token: new AccessToken({ accessToken, scope, expiresAt, now: this.runtime.now }),
        usableUntil,
        refreshAt: Math.min(usableUntil, sentAt + Math.max(refreshIn * 1000, shortestRefresh)),
      };
    });
  }

  async #send(request: BrokerRequest, authorization: string, signal: AbortSignal): Promise<HttpResponse> {
    try {
      const response = await this.#fetchOnceMore(request, authorization, signal);
      return { status: response.status, headers: response.headers, body: await response.text() };
    } catch (cause) {
      const message = `the token broker at ${this.base.origin} cannot be reached`;
      throw new TokenBrokerError('unreachable', message, { cause });
    }
  }

  /**
   * A broker that stops, and a NAT in between, may close an idle connection just when a request is written to it. Both
   * requests are idempotent: the second try goes over a new connection, as the pool has dropped that one (RFC 9110
   * §9.2.2, RFC 9112 §9.3.1).
   */
  async #fetchOnceMore(
    { url, body }: BrokerRequest,
    authorization: string,
    signal: AbortSignal,
  ): Promise<Response> {
    const headers: Record<string, string> = { authorization, accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const method = body === undefined ? 'GET' : 'POST';
    // Never followed: the credential is for the broker only.
    const init: RequestInit = { method, headers, body: body ?? null, redirect: 'manual', signal };
    try {
      return await this.fetch(url, init);
    } catch (error) {
      if (!isConnectionLost(error) || signal.aborted) throw error;
      return this.fetch(url, init);
    }
  }
}

/** Codes of Node.js, and undici's for a connection that the other side closed. */
const lostConnectionCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function isConnectionLost(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return lostConnectionCodes.has(code);
  return cause instanceof Error && isConnectionLost(cause);
}

/**
 * Does something within so many milliseconds, even if it ignores its signal.
 * @throws TokenBrokerError `timeout`
 */
async function withTimeout<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        reject(new TokenBrokerError('timeout', 'the token broker did not respond in time'));
        controller.abort();
      },
      Math.max(0, milliseconds),
    );
    timer.unref?.();
  });
  try {
    return await Promise.race([expired, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
  }
}
