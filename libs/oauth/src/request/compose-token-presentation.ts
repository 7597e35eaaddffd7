import type { Secret } from '#tokens/model/secret.js';
import type { Client } from '#tokens/model/client.js';
import type { ComposedRequest } from './compose-token-request.js';

/** A request to revoke or introspect an access token (RFC 7009 §2.1, RFC 7662 §2.1), before client authentication is added. */
export function composeTokenPresentation(token: Secret, { options }: Client): ComposedRequest {
  return {
    headers: new Headers({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
    }),
    body: new URLSearchParams({
      token: token.reveal(),
      token_type_hint: 'access_token',
      // A client without authentication is identified by it alone.
      ...(options.clientAuthentication === 'none' && { client_id: options.clientId }),
    }),
  };
}
