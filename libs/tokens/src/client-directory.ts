import type { Client } from './client.js';
import type { TokenRequest } from './token-request.js';

/** The clients of the settings now in force. */
export class ClientDirectory {
  #clients: ReadonlyMap<string, Client> = new Map();

  replace(clients: Iterable<Client>): void {
    this.#clients = new Map([...clients].map((client) => [client.name, client]));
  }

  /**
   * An earlier request under the settings now in force, or undefined when they no longer make it: its client is gone,
   * has another credential, or has lost a scope or resource.
   */
  current(request: TokenRequest): TokenRequest | undefined {
    const client = this.#clients.get(request.client.name);
    if (client === undefined || client === request.client) return client && request;
    const { scopes, impliedScopes, resources } = client.options;
    const assigned = impliedScopes.closure(scopes);
    if (request.scopes.minus(assigned).size > 0) return undefined;
    if (!request.resources.every((resource) => resources.includes(resource))) return undefined;
    const renewed = client.request(request.scopes, request.resources);
    return renewed.key === request.key ? renewed : undefined;
  }

  /** One request for each scope set to be kept ready. */
  preload(): TokenRequest[] {
    return [...this.#clients.values()].flatMap((client) =>
      client.options.preload.map((scopes) => client.request(scopes)),
    );
  }
}
