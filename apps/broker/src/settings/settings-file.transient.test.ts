import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someKey, someSettings } from '#test/settings-folder.js';
import { SettingsFile } from './settings-file.js';

const { readFileSync } = fs;
let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => {
  failWith(undefined);
  folder.remove();
});

/** Lets each file that matches fail to open as the kernel lets it. */
function failWith(code: string | undefined, matches = /./): void {
  fs.readFileSync = ((...args: Parameters<typeof readFileSync>) => {
    if (code !== undefined && matches.test(String(args[0]))) {
      throw Object.assign(new Error(`${code}: planted`), { code });
    }
    return readFileSync(...args);
  }) as typeof readFileSync;
  syncBuiltinESMExports();
}

function loaded(environment: NodeJS.ProcessEnv = {}): SettingsFile {
  const path = folder.write('settings.yaml', withConsumers('orders', 'leaver'));
  const file = new SettingsFile(path, environment);
  file.load();
  return file;
}

function withConsumers(...names: string[]) {
  const allow = [{ client: 'rabot', scopes: ['api:partner'] }];
  const entries = names.map((name, index) => [name, { keys: [someKey.replace('0', `${index}`)], allow }]);
  return { ...someSettings(), consumers: Object.fromEntries(entries) };
}

describe.each(['EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'ESTALE'])('a read that fails with %s', (code) => {
  it('is repeated until it succeeds, so that a removed consumer is gone', async () => {
    const file = loaded();
    folder.write('settings.yaml', withConsumers('orders'));
    failWith(code);
    expect(await file.check(true)).toMatchObject({ outcome: 'refused' });
    expect(await file.check(true)).toBeUndefined();
    failWith(undefined);
    const change = await file.check(true);
    expect(change).toMatchObject({ outcome: 'reloaded' });
    expect(Object.keys(change?.outcome === 'reloaded' ? change.loaded.settings.consumers : {})).toEqual([
      'orders',
    ]);
    expect(await file.check(true)).toBeUndefined();
  });

  it('of a secret is repeated as well', async () => {
    folder.write('secret', 'not-a-real-secret-1');
    const path = folder.write('settings.yaml', someSettings({ clientSecret: { file: 'secret' } }));
    const file = new SettingsFile(path, {});
    file.load();
    folder.write('secret', 'not-a-real-secret-2');
    failWith(code, /secret$/);
    expect(await file.check(true)).toMatchObject({ outcome: 'refused' });
    failWith(undefined);
    expect(await file.check(true)).toMatchObject({ outcome: 'reloaded' });
  });

  it('of unchanged files is over with the failure', async () => {
    const file = loaded();
    folder.write('settings.yaml', withConsumers('orders', 'leaver'));
    failWith(code);
    expect(await file.check(true)).toMatchObject({ outcome: 'refused' });
    failWith(undefined);
    expect(await file.check(true)).toEqual({ outcome: 'restored' });
  });
});
