import { isSecureUrl } from '#http/secure-url.js';
import type { Client } from '#tokens/model/client.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Redaction } from '../redaction.js';
import type { TokenEndpoint } from './discovery.js';

/** A token request before it is sent; client authentication adds to its headers or to its body. */
export interface ComposedRequest {
  headers: Headers;
  body: URLSearchParams;
}

/** A token request that was sent: what its response is processed by. */
export interface TokenRequestContext {
  request: TokenRequest;
  /** The address that it was sent to. */
  endpoint: URL;
  /** Milliseconds of the monotonic clock, taken right before sending. */
  sentAt: number;
  /** The same instant in milliseconds since 1970. */
  wallTime: number;
  /** Knows all secrets that were sent. */
  redaction: Redaction;
}

const contentTypes = { form: 'application/x-www-form-urlencoded;charset=UTF-8', json: 'application/json' };

/** The body as it is sent: form-encoded, or as a JSON object in which a parameter that repeats is a list. */
export function bodyText({ headers, body }: ComposedRequest): string {
  if (headers.get('content-type') !== contentTypes.json) return String(body);
  const fields = [...new Set(body.keys())].map((name) => {
    const [first, ...others] = body.getAll(name);
    if (name === 'authorization_details') return [name, JSON.parse(first ?? '[]')];
    return [name, others.length === 0 ? first : [first, ...others]];
  });
  return JSON.stringify(Object.fromEntries(fields));
}

/**
 * Composes a token request (RFC 6749 §4.4.2). The client's further parameters cannot replace those of the request.
 * @throws UpstreamFailure `wrong_endpoint` when it would be sent in clear
 */
export function composeTokenRequest(request: TokenRequest, { url }: TokenEndpoint): ComposedRequest {
  const { client, scopes, resources, authorizationDetails } = request;
  if (!isSecureUrl(url)) {
    throw new UpstreamFailure(
      'wrong_endpoint',
      `The token endpoint of client ${client.name} at ${url.host} is no https URL. Correct tokenEndpoint in the settings.`,
    );
  }
  const body = new URLSearchParams(client.options.parameters);
  body.set('grant_type', 'client_credentials');
  const { bodyFormat = 'form', scopeSeparator = ' ' } = client.options.wireFormat ?? {};
  if (scopes.size > 0) body.set('scope', [...scopes].join(scopeSeparator));
  for (const resource of resources) {
    body.append('resource', resource);
  }
  if (authorizationDetails.length > 0)
    body.set('authorization_details', `[${authorizationDetails.join(',')}]`);
  const headers = new Headers({
    accept: 'application/json',
    'content-type': contentTypes[bodyFormat],
  });
  return { headers, body };
}

/** A request to revoke or introspect an access token (RFC 7009 §2.1, RFC 7662 §2.1), before client authentication is added. */
export function composeTokenPresentation(token: Secret, { options }: Client): ComposedRequest {
  return {
    headers: new Headers({
      accept: 'application/json',
      'content-type': contentTypes.form,
    }),
    body: new URLSearchParams({
      token: token.reveal(),
      token_type_hint: 'access_token',
      // A client without authentication is identified by it alone.
      ...(options.clientAuthentication === 'none' && { client_id: options.clientId }),
    }),
  };
}
