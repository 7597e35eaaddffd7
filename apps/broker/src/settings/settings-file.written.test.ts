import { renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { SettingsFile } from './settings-file.js';

let folder: SettingsFolder;
let file: SettingsFile;

beforeEach(() => {
  folder = new SettingsFolder();
  file = new SettingsFile(folder.write('settings.yaml', someSettings()), {});
  file.load();
});
afterEach(() => folder.remove());

const others = (clientId: string) => someSettings({ clientId });
/** What so many checks, a second apart, bring. */
async function outcomes(count: number): Promise<(string | undefined)[]> {
  const all = [];
  for (let n = 0; n < count; n++) all.push((await file.check())?.outcome);
  return all;
}

describe('a settings file that is written in place', () => {
  it('is put in force when the next check finds it as it was', async () => {
    folder.write('settings.yaml', others('client-2'));
    expect(await outcomes(3)).toEqual([undefined, 'reloaded', undefined]);
  });

  it('is never put in force by halves, though the first one is valid', async () => {
    for (const clientId of ['half', 'longer-half', 'whole-of-it']) {
      folder.write('settings.yaml', others(clientId));
      expect(await outcomes(1)).toEqual([undefined]);
    }
    const change = await file.check();
    expect(change).toMatchObject({
      loaded: { settings: { clients: { rabot: { clientId: 'whole-of-it' } } } },
    });
  });

  it('is not refused while it is empty, or away to be written again', async () => {
    folder.write('settings.yaml', '');
    expect(await outcomes(1)).toEqual([undefined]);
    rmSync(join(folder.path, 'settings.yaml'));
    expect(await outcomes(1)).toEqual([undefined]);
    folder.write('settings.yaml', others('client-2'));
    expect(await outcomes(2)).toEqual([undefined, 'reloaded']);
  });

  it('is put in force after half a minute when it never rests', async () => {
    const seen = [];
    for (let n = 1; n <= 30; n++) {
      folder.write('settings.yaml', others(`client-${n}`));
      utimesSync(join(folder.path, 'settings.yaml'), n, n);
      seen.push(...(await outcomes(1)));
    }
    expect(seen.indexOf('reloaded')).toBe(29);
  });

  it('is put in force at once when an operator sends SIGHUP', async () => {
    folder.write('settings.yaml', others('client-2'));
    expect(await file.check()).toBeUndefined();
    expect(await file.check(true)).toMatchObject({ outcome: 'reloaded' });
  });

  it('is put in force at once when another file is renamed over it', async () => {
    renameSync(folder.write('settings.yaml.next', others('client-2')), join(folder.path, 'settings.yaml'));
    expect(await outcomes(2)).toEqual(['reloaded', undefined]);
  });
});
