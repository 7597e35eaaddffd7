import type { IncomingMessage } from 'node:http';
import type { AccessTokens } from './access-tokens.js';
import type { Clients } from './clients.js';
import { checkMisbehaviour, parseControlMessage } from './control-message.js';
import { emptyResponse, type HttpResponse, jsonResponse } from './http-response.js';
import { type Misbehaviour, Misbehaviours } from './misbehaviour.js';
import { readBody } from './router.js';
import { TokenRequestCounter, type TokenRequestCounts } from './token-request-counter.js';

const maxMessageBytes = 16 * 1024 * 1024;

/** What a test can make the server do, by these methods or by `/control`. */
export class Controls {
  readonly faults: Misbehaviours;
  readonly counter = new TokenRequestCounter();
  #held: PromiseWithResolvers<void> | undefined;

  constructor(
    readonly clients: Clients,
    private readonly tokens: AccessTokens,
    now: () => number,
  ) {
    this.faults = new Misbehaviours(now);
  }

  get counts(): TokenRequestCounts {
    return this.counter.counts;
  }

  get misbehaviours(): readonly Misbehaviour[] {
    return this.faults.all;
  }

  /** @throws TypeError that names the wrong field */
  misbehave(misbehaviour: Misbehaviour): void {
    checkMisbehaviour(misbehaviour);
    this.faults.add(misbehaviour);
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** From now on token requests wait until the release; they are counted when they arrive. */
  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** Resolves when nothing holds token requests; they continue in the order in which they arrived. */
  async released(): Promise<void> {
    await this.#held?.promise;
  }

  /** Resolves once so many token requests have arrived since the start or the last reset. */
  waitForRequests(total: number): Promise<void> {
    return this.counter.reached(total);
  }

  /** Ends misbehaviour, releases what is held and counts from zero. Secrets and revocations stay as they are. */
  reset(): void {
    this.faults.clear();
    this.release();
    this.counter.reset();
  }

  /** The API responds with 401 to it from now on. */
  revoke(token: string): void {
    this.tokens.revoke(token);
  }

  revokeAll(): void {
    this.tokens.revokeAll();
  }

  /** @throws TypeError when there is no such client */
  replaceSecrets(clientId: string, secrets: readonly string[]): void {
    this.clients.replaceSecrets(clientId, secrets);
  }

  /** The endpoint `/control`, which gives control of the server to all who can reach it. */
  async serve(request: IncomingMessage): Promise<HttpResponse> {
    if (request.method === 'DELETE') this.reset();
    if (request.method === 'POST') {
      // A browser sends this type across origins after a preflight only, which fails here.
      if (request.headers['content-type']?.split(';')[0]?.trim() !== 'application/json')
        return emptyResponse(415);
      const body = await readBody(request, maxMessageBytes);
      try {
        this.#apply(body.toString('utf8'));
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        return jsonResponse(400, { error: error.message });
      }
    }
    return jsonResponse(200, { held: this.isHeld, misbehaviours: this.misbehaviours, counts: this.counts });
  }

  #apply(message: string): void {
    const { misbehaviour, actions } = parseControlMessage(message);
    for (const [clientId, secrets] of Object.entries(actions.secrets ?? {})) {
      this.replaceSecrets(clientId, secrets);
    }
    if (actions.revoke === 'all') this.revokeAll();
    else if (actions.revoke !== undefined) this.revoke(actions.revoke);
    if (actions.hold === true) this.hold();
    if (actions.hold === false) this.release();
    if (Object.keys(misbehaviour).length > 0) this.misbehave(misbehaviour);
  }
}
