import { onTestFinished } from 'vitest';
import type { ClientRegistration, PartnerType } from '../src/clients.js';
import {
  DevAuthorizationServer,
  type DevAuthorizationServerOptions,
} from '../src/dev-authorization-server.js';

export const secret = 'not-a-real-secret';

export function partner(partnerType: PartnerType, clientId: string = partnerType): ClientRegistration {
  return { clientId, partnerType, authentication: { method: 'client_secret_post' }, secrets: [secret] };
}

export const whitelabel = partner('whitelabel');

/** What `whitelabel` posts for a token. */
export const credential = { client_id: 'whitelabel', client_secret: secret };

/** A server that lives as long as the test. */
export async function someServer(
  options: Partial<DevAuthorizationServerOptions> = {},
): Promise<DevAuthorizationServer> {
  const server = await DevAuthorizationServer.start({ clients: [whitelabel], ...options });
  onTestFinished(() => server.stop());
  return server;
}

export type Form = Record<string, string> | [string, string][];

/** Posts a form to the token endpoint. */
export function post(
  server: DevAuthorizationServer,
  form: Form,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(server.tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
    redirect: 'manual',
  });
}

/** A well-formed token request of `whitelabel`. */
export function ask(server: DevAuthorizationServer, form: Record<string, string> = {}): Promise<Response> {
  return post(server, { grant_type: 'client_credentials', ...credential, ...form });
}

/** The JSON of a token response. */
export async function tokenOf(answer: Promise<Response>): Promise<Record<string, unknown>> {
  return (await (await answer).json()) as Record<string, unknown>;
}

export function callApi(server: DevAuthorizationServer, token: unknown): Promise<Response> {
  return fetch(`${server.url}/partner/v1/orders`, { headers: { authorization: `Bearer ${String(token)}` } });
}
