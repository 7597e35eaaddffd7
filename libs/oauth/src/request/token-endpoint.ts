import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import type { ClientCredential } from './client-credential.js';
import { Discovery } from './discovery.js';
import type { Transport } from '../transport.js';

/** As the settings have it: the address itself, or the issuer that names it. */
export type EndpointSetting = { tokenEndpoint: string } | { issuer: string };

/** Where a client's tokens come from. */
export interface TokenEndpoint {
  /** The audience of client assertions: the issuer, or the address itself where the settings name no issuer. */
  issuer: string;
  url: URL;
}

export type FindTokenEndpoint = (
  credential: ClientCredential,
  transport: Transport,
  signal: AbortSignal,
) => Promise<TokenEndpoint>;

/** @throws TypeError when the setting is no URL */
export function tokenEndpointFinder(
  setting: EndpointSetting,
  client: Client,
  clock: Clock,
): FindTokenEndpoint {
  if ('tokenEndpoint' in setting) {
    const endpoint = { issuer: setting.tokenEndpoint, url: new URL(setting.tokenEndpoint) };
    return async () => endpoint;
  }
  const discovery = new Discovery(new URL(setting.issuer), client, clock);
  return async ({ clientAuthentication }, transport, signal) => {
    const { issuer, tokenEndpoint, mtlsTokenEndpoint } = await discovery.metadata(transport, signal);
    return { issuer, url: clientAuthentication === 'tls_client_auth' ? mtlsTokenEndpoint : tokenEndpoint };
  };
}
