import { type ClientRegistration, Clients } from './clients.js';
import type { Controlled } from './control.js';
import { checkMisbehaviour } from './control-message.js';
import { Listener, type ListenerOptions } from './listener.js';
import { tokenPath } from './metadata.js';
import type { Misbehaviour } from './misbehaviour.js';
import { assembled, type Parts } from './parts.js';
import { Router } from './router.js';
import { routes } from './routes.js';
import { SigningKeys } from './signing-keys.js';
import type { TokenRequestCounts } from './token-request-counter.js';

export interface DevAuthorizationServerOptions extends Partial<ListenerOptions> {
  clients: readonly ClientRegistration[];
  /** Seconds that a token lives: 3599. */
  lifetime?: number | undefined;
  /** Whether `/control` is there, for whoever reaches the server. */
  control?: boolean | undefined;
  /** Milliseconds since 1970, by the right clock. */
  now?: () => number;
}

/** An authorization server (RFC 6749) and an API that it protects, for newcomers and for tests. */
export class DevAuthorizationServer implements Controlled {
  /** Without a slash at the end. */
  readonly url: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;

  private constructor(
    private readonly listener: Listener,
    private readonly parts: Parts,
  ) {
    this.url = listener.url;
    this.issuer = parts.issuer;
    this.tokenEndpoint = `${parts.issuer}${tokenPath}`;
  }

  /**
   * Listens on 127.0.0.1 and any free port unless told otherwise.
   * @throws TypeError when a client id is registered twice, or the error of `listen`, such as EADDRINUSE
   */
  static async start(options: DevAuthorizationServerOptions): Promise<DevAuthorizationServer> {
    const { host = '127.0.0.1', port = 0, lifetime = 3599, control = false, now = Date.now } = options;
    const clients = new Clients(options.clients);
    const keys = await SigningKeys.create();
    const listener = await Listener.open({ ...options, host, port });
    const parts = assembled({ issuer: listener.url, clients, keys, lifetime, now });
    const server = new DevAuthorizationServer(listener, parts);
    const router = new Router(routes(parts, control ? server : undefined));
    listener.serve((request, response) => void router.route(request, response));
    return server;
  }

  /** Ends every connection, answered or not. */
  async stop(): Promise<void> {
    await this.listener.close();
    this.release();
  }

  get counts(): TokenRequestCounts {
    return this.parts.counter.counts;
  }

  get misbehaviours(): readonly Misbehaviour[] {
    return this.parts.misbehaviours.all;
  }

  get isHeld(): boolean {
    return this.parts.gate.isHeld;
  }

  /** @throws TypeError that names the wrong field */
  misbehave(misbehaviour: Misbehaviour): void {
    checkMisbehaviour(misbehaviour);
    this.parts.misbehaviours.add(misbehaviour);
  }

  /** From now on token requests wait until the release; they are counted when they come in. */
  hold(): void {
    this.parts.gate.hold();
  }

  release(): void {
    this.parts.gate.release();
  }

  /** Resolves once so many token requests have come in since the start or the last reset. */
  waitForRequests(total: number): Promise<void> {
    return this.parts.counter.reached(total);
  }

  /** Behaves again, lets go of what is held and counts from zero. Secrets, keys and revocations stay as they are. */
  reset(): void {
    this.parts.misbehaviours.clear();
    this.parts.gate.release();
    this.parts.counter.reset();
  }

  /** The API answers 401 to it from now on. */
  revoke(tokenOrJti: string): void {
    this.parts.tokens.revoke(tokenOrJti);
  }

  revokeAll(): void {
    this.parts.tokens.revokeAll();
  }

  /** @throws TypeError when there is no such client */
  replaceSecrets(clientId: string, secrets: readonly string[]): void {
    this.parts.clients.replaceSecrets(clientId, secrets);
  }

  /** New tokens are signed by a new key; the old ones stay published. */
  rotateSigningKey(): Promise<void> {
    return this.parts.keys.rotate();
  }
}
