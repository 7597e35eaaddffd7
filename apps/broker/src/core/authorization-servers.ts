import type { HttpAuthorizationServer } from '#oauth/http-authorization-server.js';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';

/** Each client's own authorization server. A client of earlier settings keeps its own as long as somebody asks with it. */
export class AuthorizationServers extends AuthorizationServer {
  readonly #servers = new WeakMap<Client, HttpAuthorizationServer>();

  add(client: Client, server: HttpAuthorizationServer): void {
    this.#servers.set(client, server);
  }

  override requestToken(
    request: TokenRequest,
    credential: string,
    signal?: AbortSignal,
  ): Promise<TokenResponse> {
    const server = this.#servers.get(request.client);
    if (server !== undefined) return server.requestToken(request, credential, signal);
    throw new UpstreamFailure('unavailable', `client ${request.client.name} has no authorization server`);
  }
}
