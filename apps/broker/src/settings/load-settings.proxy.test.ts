import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

const proxyOf = (client: unknown, all?: unknown, environment: NodeJS.ProcessEnv = {}) => {
  const rest = all === undefined ? {} : { proxy: all };
  const fields = client === undefined ? {} : { proxy: client };
  return folder.load(someSettings(fields, {}, rest), environment).settings.clients.rabot?.proxy;
};
const target = (url: string) => new URL(url);

describe('proxy', () => {
  it('is none unless the settings name it', () => {
    expect(proxyOf(undefined, undefined, { HTTPS_PROXY: 'http://proxy.example:3128' })).toBeUndefined();
    expect(proxyOf('none', 'http://proxy.example:3128')).toBeUndefined();
  });

  it('is that of the client, or that for all', () => {
    expect(proxyOf(undefined, 'http://proxy.example:3128')?.url.href).toBe('http://proxy.example:3128/');
    expect(proxyOf('https://own.example', 'http://proxy.example:3128')?.url.href).toBe(
      'https://own.example/',
    );
  });

  it('has its user and password in the URL, or beside it', () => {
    const file = folder.write('password', 'not:a-real-secret\n');
    const inUrl = proxyOf('http://broker:not%3Aa-real-secret@proxy.example:3128');
    const beside = proxyOf({ url: 'http://proxy.example:3128', username: 'broker', password: { file } });
    expect(inUrl?.login?.reveal()).toBe('broker:not:a-real-secret');
    expect(beside?.login?.reveal()).toBe('broker:not:a-real-secret');
    expect(inUrl?.url.href).toBe('http://proxy.example:3128/');
  });

  it.each([
    [{ HTTPS_PROXY: 'http://a.example' }, 'http://a.example/'],
    [{ HTTPS_PROXY: 'http://a.example', https_proxy: 'http://b.example' }, 'http://b.example/'],
    [{ ALL_PROXY: 'http://a.example', HTTP_PROXY: 'http://b.example' }, 'http://a.example/'],
    [{ HTTPS_PROXY: 'a.example:3128' }, 'http://a.example:3128/'],
    [{ HTTPS_PROXY: 'http://[fd00::1]:3128' }, 'http://[fd00::1]:3128/'],
    [{ https_proxy: '', HTTPS_PROXY: 'http://a.example' }, 'http://a.example/'],
    [{ HTTPS_PROXY: 'https://us%40er:p%40ss@a.example' }, 'https://a.example/'],
    [{ HTTP_PROXY: 'http://a.example' }, undefined],
    [{ HTTPS_PROXY: '' }, undefined],
  ])('of the environment %j is %s', (environment, url) => {
    expect(proxyOf('environment', undefined, environment)?.url.href).toBe(url);
  });

  it('of the environment heeds NO_PROXY', () => {
    const environment = { HTTPS_PROXY: 'http://proxy.example', NO_PROXY: '.internal.example, 10.0.0.0/8' };
    const proxy = proxyOf(undefined, 'environment', environment);
    expect(proxy?.isFor(target('https://auth.internal.example/token'))).toBe(false);
    expect(proxy?.isFor(target('https://10.1.1.1/token'))).toBe(false);
    expect(proxy?.isFor(target('https://auth.example/token'))).toBe(true);
  });

  it('changes no request key: the same token comes back', async () => {
    const { connectClient } = await import('../core/connected-client.js');
    const { SystemClock } = await import('#tokens/model/clock.js');
    const identities = ['none', 'http://proxy.example'].map(async (proxy) => {
      const { settings } = folder.load(someSettings({ proxy }));
      const connected = await connectClient(settings.clients.rabot!, new SystemClock(), {});
      await connected.server.close();
      return connected.identity;
    });
    expect(await identities[0]).toBe(await identities[1]);
  });

  it.each<[unknown, string]>([
    ['socks5://proxy.example', 'clients.rabot.proxy.url: must be the http or https URL of a proxy'],
    ['http://proxy.example/path', 'clients.rabot.proxy.url: must be the http or https URL of a proxy'],
    ['http://a:b@c@proxy.example', 'clients.rabot.proxy.url: must be the http or https URL of a proxy'],
    ['proxy.example:3128', 'clients.rabot.proxy.url: must be the http or https URL of a proxy'],
    [7, 'clients.rabot.proxy: must be the URL of a proxy, `environment`, `none`, or a mapping'],
    [{ noProxy: ['*'] }, 'clients.rabot.proxy.url: must be set'],
    [
      { url: 'http://proxy.example', noProxy: ['https://a.example'] },
      'clients.rabot.proxy.noProxy: must be a list',
    ],
    [
      { url: 'http://proxy.example', username: 'a:b', password: 'c' },
      'clients.rabot.proxy.username: must be text',
    ],
    [{ url: 'http://proxy.example', username: 'a' }, 'clients.rabot.proxy.password: must be set, too'],
    [{ url: 'http://proxy.example', password: 'a' }, 'clients.rabot.proxy.username: must be set, too'],
    [
      { url: 'http://a:b@proxy.example', username: 'a', password: 'c' },
      'clients.rabot.proxy.username: must be left out: it is part of `url`',
    ],
    [{ url: 'environment', username: 'a' }, 'clients.rabot.proxy.username: must be left out unless'],
    [{ url: 'none', noProxy: ['*'] }, 'clients.rabot.proxy.noProxy: must be left out unless'],
    [
      { url: 'http://proxy.example', pasword: 'a' },
      'clients.rabot.proxy.pasword: unknown setting; did you mean',
    ],
  ])('%j is a fault', (proxy, fault) => {
    const faults = folder.faults(someSettings({ proxy }));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it('of an environment that names no HTTP proxy is a fault, which does not show it', () => {
    const environment = { https_proxy: 'socks5://user:not-to-be-shown@proxy.example' };
    const faults = folder.faults(someSettings({}, {}, { proxy: 'environment' }), environment);
    expect(faults).toEqual([expect.stringMatching(/^https_proxy: must be the http or https URL of a proxy/)]);
    expect(faults.join()).not.toContain('not-to-be-shown');
  });
});
