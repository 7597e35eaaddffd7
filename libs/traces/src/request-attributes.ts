import type { Attributes } from '@opentelemetry/api';
import type { TokenRequest } from '#tokens/model/token-request.js';

/** What tells one token from another in a trace. Never a token, and no name that the settings do not know. */
export function requestAttributes({ client, scopes }: TokenRequest): Attributes {
  return { 'token_broker.client': client.name, 'token_broker.scopes': String(scopes) };
}
