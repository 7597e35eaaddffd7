import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFile } from './settings-file.js';
import { SettingsFolder, secretsOf, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

/** The client's identifier and secret that a reload brought. */
async function reloaded(file: SettingsFile): Promise<unknown> {
  const change = await file.check(true);
  if (change?.outcome !== 'reloaded') return change;
  const { rabot } = change.loaded.settings.clients;
  return [rabot?.clientId, ...secretsOf(rabot)];
}

/** Mounts files as Kubernetes does: links through `..data`, which is swapped atomically. */
class Volume {
  #version = 0;

  constructor(private readonly path: string) {
    mkdirSync(path);
  }

  publish(files: Record<string, string>): void {
    const previous = `..2026_${this.#version}`;
    const next = `..2026_${++this.#version}`;
    mkdirSync(join(this.path, next));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, next, name), text);
    symlinkSync(next, join(this.path, '..data_tmp'));
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'));
    if (this.#version > 1) rmSync(join(this.path, previous), { recursive: true });
    else for (const name of Object.keys(files)) symlinkSync(join('..data', name), join(this.path, name));
  }
}

describe('files mounted by Kubernetes', () => {
  it('are reloaded when the link to them is swapped', async () => {
    const config = new Volume(join(folder.path, 'config'));
    const secrets = new Volume(join(folder.path, 'secrets'));
    const settings = (clientId: string) =>
      JSON.stringify(someSettings({ clientId, clientSecret: { file: '../secrets/client-secret' } }));
    config.publish({ 'settings.yaml': settings('client-1') });
    secrets.publish({ 'client-secret': 'fake-1\n' });
    const file = new SettingsFile(join(folder.path, 'config/settings.yaml'), {});
    expect(file.load().sources).toEqual([
      join(folder.path, 'config/settings.yaml'),
      join(folder.path, 'secrets/client-secret'),
    ]);

    secrets.publish({ 'client-secret': 'fake-2\n' });
    expect(await reloaded(file)).toEqual(['client-1', 'fake-2']);
    config.publish({ 'settings.yaml': settings('client-2') });
    expect(await reloaded(file)).toEqual(['client-2', 'fake-2']);
    config.publish({ 'settings.yaml': settings('client-2') });
    expect(await file.check(true)).toBeUndefined();
  });
});
