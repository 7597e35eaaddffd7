import type { IncomingMessage } from 'node:http';
import type { AccessTokens } from './access-tokens.js';
import { authenticate } from './client-authentication.js';
import type { Clients } from './clients.js';
import { emptyResponse, type HttpResponse, jsonResponse } from './http-response.js';
import { readBody } from './router.js';
import { checkForm, OAuthError, parameter, statusOf } from './token-request.js';

/** Token revocation (RFC 7009) by the client that the token was issued to. */
export class RevocationEndpoint {
  constructor(
    private readonly clients: Clients,
    private readonly tokens: AccessTokens,
  ) {}

  async handle(incoming: IncomingMessage): Promise<HttpResponse> {
    const body = await readBody(incoming);
    const request = { headers: incoming.headers, parameters: new URLSearchParams(body.toString('utf8')) };
    try {
      checkForm(request);
      const { id } = authenticate(request, this.clients);
      const token = parameter(request, 'token');
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing');
      // RFC 7009 §2.2: an unknown token is no error.
      if (this.tokens.active(token)?.clientId === id) this.tokens.revoke(token);
      return emptyResponse(200);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return jsonResponse(statusOf(error.code), { error: error.code, error_description: error.message });
    }
  }
}
