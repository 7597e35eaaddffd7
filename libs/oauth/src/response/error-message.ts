import type { Client } from '#tokens/model/client.js';
import type { HttpResponse } from '#http/http-client.js';
import { credentialSettings } from '../request/client-credential.js';
import type { TokenRequestContext } from '../request/token-request-context.js';
import { isRedirect, type OAuthError } from './error-response.js';

const noEndpoint =
  'It gave no OAuth error, so that no credential was judged: the broker asks again after a pause. ' +
  'If it stays so, check that the settings name its token endpoint.';

const passing = 'This passes without a change of the settings: the broker asks again after a pause.';

/** The remedies of the error codes that have their own. */
const remedies: Readonly<Record<string, (context: TokenRequestContext) => string>> = {
  invalid_client: ({ request, endpoint }) =>
    `Check ${credentialSettings(request.client)}, white space at their ends, and that they belong to this ` +
    `environment (staging against production) of the authorization server at ${endpoint.host}.`,
  unauthorized_client: ({ request }) =>
    `Have the grant type client_credentials enabled for the client there, and check ${credentialSettings(request.client)}.`,
  unsupported_grant_type: () =>
    'It has no grant type client_credentials at this address: check tokenEndpoint or issuer.',
  invalid_scope: ({ request }) =>
    `Asked for: ${request.scopes}. Have these scopes assigned to the client there, or take them out of its settings.`,
  invalid_target: ({ request }) =>
    `Asked for: ${request.resources.join(' ')}. Have these resources allowed for the client there, or take them out of its settings.`,
  temporarily_unavailable: () => passing,
  server_error: () => passing,
};

/** Cause and remedy, without a secret. Text of the authorization server is cleaned first. */
export function describeError(
  response: HttpResponse,
  error: OAuthError | undefined,
  context: TokenRequestContext,
): string {
  const { status } = response;
  const { endpoint, request, redaction } = context;
  if (isRedirect(status)) return describeRedirect(response, context);
  const said = [error?.code, error?.description].filter((text) => text !== undefined);
  const cause = [`HTTP ${status}`, ...said.map((text) => redaction.clean(text))].join(', ');
  return `${endpoint.host} refused the token request of client ${request.client.name} (${cause}). ${remedy(status, error, context)}`;
}

function remedy(status: number, error: OAuthError | undefined, context: TokenRequestContext): string {
  const { client } = context.request;
  if (status === 429) return throttled(client);
  if (status === 407) return 'A proxy in front of it wants a log-in: check tokenEndpoint or issuer.';
  if (status === 408 || status >= 500) return passing;
  if (!error && (status === 404 || status === 405)) return noEndpoint;
  if (!error) {
    return `It gave no OAuth error: check that the settings name its token endpoint, and check ${credentialSettings(client)}.`;
  }
  if (Object.hasOwn(remedies, error.code)) return remedies[error.code]!(context);
  if (status === 401) return remedies['invalid_client']!(context);
  return 'Check the scopes, resources and parameters of this client, and that the settings name its token endpoint.';
}

function throttled(client: Client): string {
  const { maxTokenRequestsPerMinute } = client.options;
  return `It throttles the client: lower maxTokenRequestsPerMinute (${maxTokenRequestsPerMinute}), or have its limit raised there.`;
}

function describeRedirect(
  { status, headers }: HttpResponse,
  { endpoint, request, redaction }: TokenRequestContext,
): string {
  const location = headers.get('location');
  // Parsing rewrites a secret to a form in which it would not be recognized: it goes first.
  const target = location === null ? null : URL.parse(redaction.hide(location), endpoint);
  // A query may hold anything, and so may the part before the host.
  const address = target ? ` to ${redaction.clean(target.origin + target.pathname)}` : '';
  return (
    `The token endpoint of client ${request.client.name} at ${endpoint.host} redirects${address} (HTTP ${status}). ` +
    'Redirects are never followed: the settings must name the final address.'
  );
}
