import type { ClientRegistration } from './clients.js';
import type { DevAuthorizationServerOptions } from './dev-authorization-server.js';

/** The environment is invalid: one line for each fault, without any secret. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

export interface DevSettings extends DevAuthorizationServerOptions {
  /** The server speaks https; its self-signed certificate for `name` is written here for clients to trust. */
  tlsDirectory?: string | undefined;
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** @throws SettingsError */
export function readSettings(env: NodeJS.ProcessEnv): DevSettings {
  const secret = env['DEV_CLIENT_SECRET'] ?? '';
  const host = env['DEV_AUTHORIZATION_SERVER_HOST'] || '127.0.0.1';
  const tlsDirectory = env['DEV_TLS_DIRECTORY'] || undefined;
  const name = env['DEV_AUTHORIZATION_SERVER_NAME'] || (tlsDirectory && 'localhost');
  const port = wholeNumber(env['DEV_AUTHORIZATION_SERVER_PORT'] || '8070');
  const lifetime = wholeNumber(env['DEV_LIFETIME'] || '3599');
  const control = env['DEV_CONTROL'] === 'true';
  const faults = [
    secret === '' && 'DEV_CLIENT_SECRET: must hold the secret of the clients',
    name !== undefined && !hostName.test(name) && 'DEV_AUTHORIZATION_SERVER_NAME: must be a host name',
    !(port <= 65_535) && 'DEV_AUTHORIZATION_SERVER_PORT: must be a port number',
    !(lifetime > 0) && 'DEV_LIFETIME: must be a number of seconds',
    !['true', 'false', ''].includes(env['DEV_CONTROL'] ?? '') && 'DEV_CONTROL: must be true or false',
    control &&
      !loopback.test(host) &&
      'DEV_CONTROL: is for 127.0.0.1 only, as all who reach it control the server',
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw new SettingsError(faults.join('\n'));
  return { host, name, port, lifetime, control, tlsDirectory, clients: partners(secret) };
}

/** One of each partner type. */
function partners(secret: string): ClientRegistration[] {
  const types = ['whitelabel', 'hems', 'sales-affiliate'] as const;
  return types.map((partnerType) => ({
    clientId: partnerType,
    partnerType,
    authentication: { method: 'client_secret_post' },
    secrets: [secret],
  }));
}

/** NaN, which compares with nothing, for anything but up to nine digits. */
function wholeNumber(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : NaN;
}
