import type { ClientSettings } from '../settings/settings.js';

/** Token endpoint or issuer, as the settings have it. */
export function serverUrl({ tokenEndpoint, issuer }: ClientSettings): URL {
  return new URL((tokenEndpoint ?? issuer) as string);
}

/** The proxy by which it is reached, such as `http://proxy.example:3128`; undefined: directly. */
export function proxyTo(client: ClientSettings): string | undefined {
  const { proxy } = client;
  return proxy?.isFor(serverUrl(client)) === true ? proxy.url.origin : undefined;
}
