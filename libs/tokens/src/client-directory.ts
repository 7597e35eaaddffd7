import type { Client } from './model/client.js';
import type { ScopeSet } from './model/scope-set.js';
import type { TokenRequest } from './model/token-request.js';

/** The clients of the active settings. */
export class ClientDirectory {
  #clients: ReadonlyMap<string, Client> = new Map();

  replace(clients: Iterable<Client>): void {
    this.#clients = new Map([...clients].map((client) => [client.name, client]));
  }

  get all(): Iterable<Client> {
    return this.#clients.values();
  }

  /**
   * An earlier request under the active settings, or undefined when they no longer make it: its client is gone,
   * has another credential, or has lost a scope, resource or authorization detail.
   */
  current(request: TokenRequest): TokenRequest | undefined {
    const client = this.#clients.get(request.client.name);
    if (client === undefined || client === request.client) return client && request;
    const renewed = this.request(client.name, request.scopes, request.targets);
    return renewed?.key === request.key ? renewed : undefined;
  }

  /** The request that takes the place of one whose client has got another credential, and has changed in nothing else. */
  successor(request: TokenRequest): TokenRequest | undefined {
    const client = this.#clients.get(request.client.name);
    if (client?.registration !== request.client.registration) return undefined;
    const renewed = this.request(client.name, request.scopes, request.targets);
    return renewed?.key === request.key ? undefined : renewed;
  }

  /** A request made anew from what it was made of, or undefined when the active settings do not make it. */
  request(name: string, scopes: ScopeSet, targets: readonly string[]): TokenRequest | undefined {
    const client = this.#clients.get(name);
    if (client === undefined) return undefined;
    const { options } = client;
    const assigned = options.impliedScopes.closure(options.scopes.union(options.requiredScopes));
    if (scopes.minus(assigned).size > 0) return undefined;
    const known = new Set([...options.resources, ...(options.authorizationDetails ?? [])]);
    if (!targets.every((target) => known.has(target))) return undefined;
    return client.request(scopes, targets);
  }

  /** One request for each scope set to be kept ready. */
  preload(): TokenRequest[] {
    return [...this.#clients.values()].flatMap((client) =>
      client.options.preload.map((scopes) => client.request(scopes)),
    );
  }
}
