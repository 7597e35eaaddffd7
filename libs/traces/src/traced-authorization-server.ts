import type { Tracer } from '@opentelemetry/api';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { requestAttributes } from './request-attributes.js';
import { inSpan } from './tracer.js';

/** The authorization server, with a span for each token request. The trace's context is not sent to it: it is a partner's. */
export class TracedAuthorizationServer extends AuthorizationServer {
  constructor(
    private readonly server: AuthorizationServer,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override requestToken(
    request: TokenRequest,
    credential: string,
    signal?: AbortSignal,
  ): Promise<TokenResponse> {
    return inSpan(this.tracer, 'token_request', requestAttributes(request), () =>
      this.server.requestToken(request, credential, signal),
    );
  }
}
