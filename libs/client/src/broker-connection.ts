import { AccessToken } from './access-token.js';
import type { Credential } from './credential.js';
import { inTime } from './deadline.js';
import type { Grant } from './grant.js';
import { type Answer, judgeAnswer } from './judge-answer.js';
import type { Surroundings } from './surroundings.js';
import type { CheckedAsk } from './token-ask.js';
import { TokenBrokerError } from './token-broker-error.js';

/** A broker that says "ask again at once" is not asked more often than this. Milliseconds. */
const shortestRefresh = 1_000;

/** HTTP to the broker: `GET /token` and `POST /token/rejected`. */
export class BrokerConnection {
  constructor(
    private readonly base: URL,
    private readonly credential: Credential,
    private readonly fetch: typeof globalThis.fetch,
    private readonly surroundings: Surroundings,
  ) {}

  /** @throws TokenBrokerError */
  token(ask: CheckedAsk, timeout: number): Promise<Grant> {
    const url = new URL('token', this.base);
    url.search = ask.query;
    return this.#grant(ask, timeout, { url });
  }

  /** @throws TokenBrokerError */
  rejected(ask: CheckedAsk, sha256: string, timeout: number): Promise<Grant> {
    return this.#grant(ask, timeout, {
      url: new URL('token/rejected', this.base),
      body: ask.rejection(sha256),
    });
  }

  async #grant(ask: CheckedAsk, timeout: number, request: { url: URL; body?: string }): Promise<Grant> {
    return inTime(timeout, async (signal) => {
      const authorization = await this.credential.authorization();
      // The life counts from here: how long the answer took is not known to be shorter.
      const sentAt = this.surroundings.now();
      const { accessToken, scope, expiresIn, refreshIn } = judgeAnswer(
        await this.#send(request, authorization, signal),
      );
      const expiresAt = sentAt + expiresIn * 1000;
      const usableUntil = expiresAt - (ask.minTtl ?? 0) * 1000;
      return {
        token: new AccessToken({ accessToken, scope, expiresAt, now: this.surroundings.now }),
        usableUntil,
        refreshAt: Math.min(usableUntil, sentAt + Math.max(refreshIn * 1000, shortestRefresh)),
      };
    });
  }

  async #send(
    { url, body }: { url: URL; body?: string },
    authorization: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const headers: Record<string, string> = { authorization, accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const method = body === undefined ? 'GET' : 'POST';
    try {
      // Never followed: the credential is for the broker only.
      const init: RequestInit = { method, headers, body: body ?? null, redirect: 'manual', signal };
      const response = await this.fetch(url, init);
      return { status: response.status, headers: response.headers, body: await response.text() };
    } catch (cause) {
      const message = `the token broker at ${this.base.origin} is out of reach`;
      throw new TokenBrokerError('unreachable', message, { cause });
    }
  }
}
