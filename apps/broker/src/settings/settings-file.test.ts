import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFault } from './settings-fault.js';
import { SettingsFile } from './settings-file.js';
import { assertion } from '#test/cluster-issuer.js';
import {
  SettingsFolder,
  secretsOf,
  someEncryptionKey,
  someSettings,
  someStore,
} from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

function loaded(settings: Record<string, unknown>): SettingsFile {
  const file = new SettingsFile(folder.write('settings.yaml', settings), {});
  file.load();
  return file;
}

/** What the reload brought: the client's identifier and secrets, or the faults. */
async function outcome(file: SettingsFile): Promise<unknown> {
  const change = await file.check(true);
  if (change === undefined) return undefined;
  if (change.outcome === 'restored') return 'restored';
  if (change.outcome === 'refused') return change.fault.faults;
  const { rabot } = change.loaded.settings.clients;
  return [rabot?.clientId, ...secretsOf(rabot)];
}

describe('the settings file', () => {
  it('is reloaded when it changes, once', async () => {
    const file = loaded(someSettings());
    expect(await outcome(file)).toBeUndefined();
    folder.write('settings.yaml', someSettings({ clientId: 'client-2' }));
    expect(await outcome(file)).toEqual(['client-2', 'not-a-real-secret']);
    expect(await outcome(file)).toBeUndefined();
  });

  it('is not reloaded when only its time changes', async () => {
    const file = loaded(someSettings());
    utimesSync(join(folder.path, 'settings.yaml'), 1, 1);
    expect(await outcome(file)).toBeUndefined();
    folder.write('settings.yaml', someSettings());
    expect(await outcome(file)).toBeUndefined();
  });

  it('is not reloaded when a platform replaces an assertion by one that names the same, and is for another', async () => {
    const clientAuthentication = 'client_assertion';
    folder.write('token', assertion());
    const file = loaded(
      someSettings({ clientSecret: undefined, clientAuthentication, clientAssertion: { file: 'token' } }),
    );
    folder.write('token', assertion({ exp: 2_000_003_600, jti: 'next' }));
    expect(await outcome(file)).toBeUndefined();
    folder.write('token', assertion({ sub: 'another' }));
    expect(await outcome(file)).toEqual(['client-1']);
  });

  it('is refused once when it becomes invalid, and taken when it is mended', async () => {
    const file = loaded(someSettings());
    folder.write('settings.yaml', someSettings({ timeout: 0 }));
    expect(await outcome(file)).toEqual([
      'clients.rabot.timeout: must be a number from 0.1 to 60, in seconds, or a duration such as 10s or 5m',
    ]);
    expect(await outcome(file)).toBeUndefined();
    utimesSync(join(folder.path, 'settings.yaml'), 1, 1);
    expect(await outcome(file)).toBeUndefined();
    folder.write('settings.yaml', 'a: [');
    expect(await outcome(file)).toEqual([expect.stringContaining('must be valid YAML')]);
    folder.write('settings.yaml', someSettings({ clientId: 'client-2' }));
    expect(await outcome(file)).toEqual(['client-2', 'not-a-real-secret']);
  });

  it('that returns to what is in force says so once, and may become invalid again', async () => {
    const file = loaded(someSettings());
    const invalid = someSettings({ timeout: 0 });
    folder.write('settings.yaml', invalid);
    expect(await outcome(file)).toBeDefined();
    folder.write('settings.yaml', someSettings());
    expect(await outcome(file)).toBe('restored');
    expect(await outcome(file)).toBeUndefined();
    folder.write('settings.yaml', invalid);
    expect(await outcome(file)).toEqual([
      'clients.rabot.timeout: must be a number from 0.1 to 60, in seconds, or a duration such as 10s or 5m',
    ]);
  });

  it('that vanishes is refused, and taken when it is back', async () => {
    const file = loaded(someSettings());
    rmSync(join(folder.path, 'settings.yaml'));
    expect(await outcome(file)).toEqual([expect.stringContaining('no such file')]);
    expect(await outcome(file)).toBeUndefined();
    folder.write('settings.yaml', someSettings({ clientId: 'client-2' }));
    expect(await outcome(file)).toEqual(['client-2', 'not-a-real-secret']);
  });

  it('that cannot be loaded at first is a fault', async () => {
    const file = new SettingsFile(folder.write('settings.yaml', ''), {});
    expect(() => file.load()).toThrow(SettingsFault);
    folder.write('settings.yaml', someSettings());
    expect(await outcome(file)).toEqual(['client-1', 'not-a-real-secret']);
  });
});

describe('a secret file', () => {
  const withFile = (name: string) => someSettings({ clientSecret: { file: name } });

  it('brings new settings when it changes', async () => {
    folder.write('secret', 'fake-1');
    const file = loaded(withFile('secret'));
    folder.write('secret', 'fake-2');
    expect(await outcome(file)).toEqual(['client-1', 'fake-2']);
    folder.write('secret', ' ');
    expect(await outcome(file)).toEqual(['clients.rabot.clientSecret: must not be empty']);
  });

  it('of the store is watched like any other', async () => {
    folder.write('url', 'redis://:not-a-real-password@redis/0');
    folder.write('key', someEncryptionKey);
    const encryptionKeys = [{ id: '1', key: { file: 'key' } }];
    const file = loaded(someSettings({}, {}, someStore({ url: { file: 'url' }, encryptionKeys })));
    folder.write('url', 'redis://:another-fake-password@redis/0');
    expect(await outcome(file)).toEqual(['client-1', 'not-a-real-secret']);
    folder.write('key', 'planted');
    expect(await outcome(file)).toEqual([expect.stringMatching(/^store\.redis\.encryptionKeys\[0\]\.key: /)]);
  });

  it('that is new in the settings is watched from then on', async () => {
    const file = loaded(someSettings());
    folder.write('secret', 'fake-1');
    folder.write('settings.yaml', withFile('secret'));
    expect(await outcome(file)).toEqual(['client-1', 'fake-1']);
    folder.write('secret', 'fake-2');
    expect(await outcome(file)).toEqual(['client-1', 'fake-2']);
  });

  it('that was missing is taken when it appears', async () => {
    const file = loaded(someSettings());
    folder.write('settings.yaml', withFile('secret'));
    expect(await outcome(file)).toEqual([expect.stringContaining('no such file')]);
    expect(await outcome(file)).toBeUndefined();
    folder.write('secret', 'fake-1');
    expect(await outcome(file)).toEqual(['client-1', 'fake-1']);
  });

  it('that the settings no longer mention is no longer watched', async () => {
    folder.write('secret', 'fake-1');
    const file = loaded(withFile('secret'));
    folder.write('settings.yaml', someSettings());
    expect(await outcome(file)).toEqual(['client-1', 'not-a-real-secret']);
    rmSync(join(folder.path, 'secret'));
    expect(await outcome(file)).toBeUndefined();
  });
});
