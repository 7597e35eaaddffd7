import type { HttpResponse } from '#http/http-response.js';
import type { TokenRequestContext } from '#oauth/request/compose-token-request.js';
import { Redaction } from '#oauth/redaction.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';

const client = someClient();

/** The exchange that does not matter, but for what a test says of it. */
export function someContext(options: Partial<TokenRequestContext> = {}): TokenRequestContext {
  return {
    request: client.request(ScopeSet.parse('api:partner create:orders')),
    endpoint: new URL('https://auth.example/connect/token'),
    sentAt: 5_000,
    wallTime: Date.UTC(2026, 0, 1),
    redaction: new Redaction(['not-a-real-secret']),
    ...options,
  };
}

/** An answer with this text or these bytes as its body; anything else is sent as JSON. */
export function someResponse(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): HttpResponse {
  return { status, headers: new Headers(headers), body: bytes(body) };
}

/** A good answer with these fields changed; undefined leaves one out. */
export function tokenResponse(fields: Record<string, unknown> = {}): HttpResponse {
  return someResponse(200, { access_token: 'some-token', token_type: 'Bearer', expires_in: 3600, ...fields });
}

function bytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}
