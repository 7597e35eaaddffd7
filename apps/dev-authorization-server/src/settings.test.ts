import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.js';

const DEV_CLIENT_SECRET = 'not-a-real-secret';

describe('readSettings', () => {
  it('has a default for everything but the secret', () => {
    expect(readSettings({ DEV_CLIENT_SECRET })).toMatchObject({
      host: '127.0.0.1',
      port: 8070,
      lifetime: 3599,
      control: false,
      name: undefined,
      tlsDirectory: undefined,
      clients: [{ clientId: 'whitelabel' }, { clientId: 'hems' }, { clientId: 'sales-affiliate' }],
    });
  });

  it('takes everything from the environment', () => {
    const env = {
      DEV_CLIENT_SECRET,
      DEV_AUTHORIZATION_SERVER_HOST: '::1',
      DEV_AUTHORIZATION_SERVER_NAME: 'auth.example',
      DEV_AUTHORIZATION_SERVER_PORT: '0',
      DEV_LIFETIME: '60',
      DEV_CONTROL: 'true',
      DEV_TLS_DIRECTORY: '/certificates',
    };
    expect(readSettings(env)).toMatchObject({
      host: '::1',
      name: 'auth.example',
      port: 0,
      lifetime: 60,
      control: true,
      tlsDirectory: '/certificates',
    });
  });

  it.each([
    [{ DEV_CLIENT_SECRET: '' }, /^DEV_CLIENT_SECRET: /],
    [{ DEV_AUTHORIZATION_SERVER_NAME: 'auth.example/x' }, /^DEV_AUTHORIZATION_SERVER_NAME: /],
    [{ DEV_AUTHORIZATION_SERVER_PORT: '65536' }, /^DEV_AUTHORIZATION_SERVER_PORT: /],
    [{ DEV_AUTHORIZATION_SERVER_PORT: 'http' }, /^DEV_AUTHORIZATION_SERVER_PORT: /],
    [{ DEV_LIFETIME: '0' }, /^DEV_LIFETIME: /],
    [{ DEV_CONTROL: 'yes' }, /^DEV_CONTROL: /],
    [{ DEV_CONTROL: 'true', DEV_AUTHORIZATION_SERVER_HOST: '0.0.0.0' }, /^DEV_CONTROL: /],
  ])('refuses %j', (env, message) => {
    expect(() => readSettings({ DEV_CLIENT_SECRET, ...env })).toThrow(message);
  });

  it('names all faults at once, and no secret', () => {
    const env = { DEV_CLIENT_SECRET, DEV_LIFETIME: 'x', DEV_CONTROL: 'x' };
    expect(() => readSettings(env)).toThrow(/^DEV_LIFETIME: [^\n]*\nDEV_CONTROL: [^\n]*$/);
    expect(() => readSettings(env)).not.toThrow(DEV_CLIENT_SECRET);
  });
});
