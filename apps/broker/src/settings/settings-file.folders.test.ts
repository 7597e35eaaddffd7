import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { someSettings, SettingsFolder } from '#test/settings-folder.js';
import type { LoadedSettings } from './load-settings.js';
import { SettingsFile } from './settings-file.js';
import { SourceFiles } from './yaml/source-files.js';

let folder: SettingsFolder;
let file: SettingsFile;

beforeEach(() => {
  folder = new SettingsFolder();
  for (const kind of ['clients.d', 'consumers.d']) mkdirSync(join(folder.path, kind));
  file = new SettingsFile(folder.write('settings.yaml', someSettings()), {});
});
afterEach(() => folder.remove());

const client = (scopes: string) => `
tokenEndpoint: https://auth.example/connect/token
clientId: client
clientSecret: not-a-real-secret
scopes: [${scopes}]`;

const indented = (text: string) => text.replaceAll('\n', '\n  ');

function write(name: string, entries: Record<string, string>): void {
  const text = Object.entries(entries).map(([key, value]) => `${key}:${indented(value)}\n`);
  writeFileSync(join(folder.path, name), text.join(''));
}

const hash = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
const consumer = (key: number, of: string) => `
keys: ['${hash(key)}']
allow: [{ client: ${of}, scopes: [api:a] }]`;

async function reloaded(): Promise<LoadedSettings> {
  const change = await file.check(true);
  if (change?.outcome !== 'reloaded') throw new Error(`not reloaded: ${JSON.stringify(change)}`);
  return change.loaded;
}

const namesOf = ({ settings }: LoadedSettings) => [
  ...Object.keys(settings.clients),
  ...Object.keys(settings.consumers),
];

describe('clients.d and consumers.d', () => {
  it('add their entries to those of the settings file', async () => {
    write('clients.d/a.yaml', { a: client('api:a') });
    write('consumers.d/team.yml', {
      one: consumer(1, 'a'),
      two: consumer(2, 'rabot').replace('api:a', 'api:partner'),
    });
    write('consumers.d/.hidden.yaml', { hidden: consumer(3, 'a') });
    write('consumers.d/CAPITALS.YAML', { three: consumer(3, 'a') });
    const loaded = file.load();
    expect(namesOf(loaded)).toEqual(['rabot', 'a', 'orders', 'three', 'one', 'two']);
    expect(loaded.refused).toBeUndefined();
    expect(loaded.warnings).toEqual([]);
  });

  it('ignore what does not end in .yaml or .yml, with a warning', async () => {
    write('consumers.d/team.json', { one: consumer(1, 'rabot') });
    expect(file.load().warnings).toEqual([
      'consumers.d: team.json ignored, as only files that end in .yaml or .yml are read',
    ]);
    mkdirSync(join(folder.path, 'consumers.d/team'));
    const loaded = await reloaded();
    expect(loaded.warnings).toEqual([
      'consumers.d: team and 1 more ignored, as only files that end in .yaml or .yml are read',
    ]);
    expect(namesOf(loaded)).toEqual(['rabot', 'orders']);
  });

  it('are read again when a file is added, changed or removed', async () => {
    file.load();
    expect(await file.check(true)).toBeUndefined();
    write('clients.d/a.yaml', { a: client('api:a') });
    expect(namesOf(await reloaded())).toContain('a');
    write('clients.d/a.yaml', { b: client('api:a') });
    expect(namesOf(await reloaded())).toEqual(['rabot', 'b', 'orders']);
    rmSync(join(folder.path, 'clients.d/a.yaml'));
    expect(namesOf(await reloaded())).toEqual(['rabot', 'orders']);
  });

  it.each<[string, Record<string, string> | string, string]>([
    ['no YAML', 'a: [', 'clients.d/a.yaml:'],
    ['no mapping', '- a', 'clients.d/a.yaml:1:1: a.yaml: must be a mapping from names to clients'],
    [
      'a fault',
      { a: client('"b c"') },
      'clients.d/a.yaml:5:3: clients.a.scopes: must be a list in which each is a scope',
    ],
    [
      'a name of the settings file',
      { rabot: client('api:a') },
      'clients.d/a.yaml:1:1: clients.rabot: is already in the settings file',
    ],
  ])('keep the former version of a file with %s, and take over the others', async (_, content, fault) => {
    write('clients.d/a.yaml', { a: client('api:a') });
    write('clients.d/b.yaml', { b: client('api:b') });
    file.load();
    if (typeof content === 'string') writeFileSync(join(folder.path, 'clients.d/a.yaml'), content);
    else write('clients.d/a.yaml', content);
    write('clients.d/b.yaml', { b: client('api:b, api:c') });
    const { settings, refused } = await reloaded();
    expect(String(settings.clients['a']?.scopes)).toBe('api:a');
    expect(String(settings.clients['b']?.scopes)).toBe('api:b api:c');
    expect(refused?.lines).toHaveLength(1);
    expect(refused?.lines[0]).toContain(fault);
    expect(await file.check(true)).toBeUndefined();
    write('clients.d/a.yaml', { a: client('api:a') });
    expect((await reloaded()).refused).toBeUndefined();
  });

  it('leave out a file that has a fault from the start', () => {
    write('clients.d/a.yaml', { a: client('"b c"') });
    write('clients.d/b.yaml', { b: client('api:b') });
    const loaded = file.load();
    expect(namesOf(loaded)).toEqual(['rabot', 'b', 'orders']);
    expect(loaded.refused?.lines).toHaveLength(1);
  });

  it('give a key to the file that had it first, whatever the others are called', async () => {
    write('consumers.d/z.yaml', { late: consumer(1, 'rabot').replace('api:a', 'api:partner') });
    file.load();
    write('consumers.d/a.yaml', { early: consumer(1, 'rabot').replace('api:a', 'api:partner') });
    const loaded = await reloaded();
    expect(namesOf(loaded)).toEqual(['rabot', 'orders', 'late']);
    expect(loaded.refused?.lines[0]).toContain('consumers.early.keys[0]: is already used by late');
  });

  it('refuse all when the settings file itself has a fault, and name no entry of another file', async () => {
    write('clients.d/a.yaml', { a: client('api:a') });
    file.load();
    folder.write('settings.yaml', someSettings({ timeout: 99 }));
    expect(await file.check(true)).toMatchObject({
      outcome: 'refused',
      fault: { faults: [expect.stringContaining('clients.rabot.timeout: must be a number from 0.1 to 60')] },
    });
  });

  it('use nothing of a file whose former version has a fault now too, and take over the others', async () => {
    write('clients.d/a.yaml', { a: client('api:a') });
    write('consumers.d/one.yaml', { one: consumer(1, 'a') });
    file.load();
    rmSync(join(folder.path, 'clients.d/a.yaml'));
    write('consumers.d/two.yaml', { two: consumer(2, 'rabot').replace('api:a', 'api:partner') });
    const loaded = await reloaded();
    expect(namesOf(loaded)).toEqual(['rabot', 'orders', 'two']);
    expect(loaded.refused?.lines).toEqual([
      expect.stringContaining(
        'consumers.d/one.yaml:3:13: consumers.one.allow[0].client: must be a name in `clients`',
      ),
    ]);
    write('clients.d/a.yaml', { a: client('api:a') });
    expect(namesOf(await reloaded()).toSorted()).toEqual(['a', 'one', 'orders', 'rabot', 'two']);
  });

  it('keep all files of a folder that cannot be read, and report it', async () => {
    write('clients.d/a.yaml', { a: client('api:a') });
    file.load();
    renameSync(join(folder.path, 'clients.d'), join(folder.path, 'elsewhere'));
    folder.write('clients.d', 'a file in its place');
    const loaded = await reloaded();
    expect(namesOf(loaded)).toEqual(['rabot', 'a', 'orders']);
    expect(loaded.refused?.lines).toEqual([
      expect.stringContaining('clients.d: must be a readable folder (not a folder)'),
    ]);
    rmSync(join(folder.path, 'clients.d'));
    renameSync(join(folder.path, 'elsewhere'), join(folder.path, 'clients.d'));
    expect(await file.check(true)).toMatchObject({ outcome: 'reloaded' });
  });

  it('may appear and go while the broker runs', async () => {
    for (const kind of ['clients.d', 'consumers.d']) rmSync(join(folder.path, kind), { recursive: true });
    file.load();
    mkdirSync(join(folder.path, 'clients.d'));
    expect(await file.check(true)).toBeUndefined();
    write('clients.d/a.yaml', { a: client('api:a') });
    expect(namesOf(await reloaded())).toContain('a');
    rmSync(join(folder.path, 'clients.d'), { recursive: true });
    expect(namesOf(await reloaded())).toEqual(['rabot', 'orders']);
  });

  it('leave out what editors and backups leave beside them', async () => {
    file.load();
    for (const name of ['.a.yaml.swp', 'a.yaml~', '#a.yaml#', '.#a.yaml', 'a.yaml.bak', '4913'])
      folder.write(`clients.d/${name}`, 'a: [');
    expect(await file.check(true)).toBeUndefined();
  });

  it('hold 1,000 files, of which one turns faulty and another is added', { timeout: 60_000 }, async () => {
    for (let n = 0; n < 1_000; n++) write(`clients.d/${n}.yaml`, { [`client-${n}`]: client('api:a') });
    expect(Object.keys(file.load().settings.clients)).toHaveLength(1_001);
    write('clients.d/500.yaml', { 'client-500': client('"b c"') });
    write('clients.d/new.yaml', { new: client('api:a') });
    const { settings, refused } = await reloaded();
    expect(Object.keys(settings.clients)).toHaveLength(1_002);
    expect(refused?.lines).toHaveLength(1);
    expect(settings.clients['client-500']).toMatchObject({ name: 'client-500' });
    expect(settings.clients['new']).toMatchObject({ name: 'new' });
  });
});

describe('the files of a version', () => {
  it('are not read again when they have not changed since the one before', () => {
    for (let n = 0; n < 3; n++) write(`clients.d/${n}.yaml`, { [`client-${n}`]: client('api:a') });
    const paths = [0, 1, 2].map((n) => join(folder.path, `clients.d/${n}.yaml`));
    const read: string[] = [];
    const readAll = (sources: SourceFiles) => {
      for (const path of paths) sources.read(path, () => void read.push(path));
    };
    const first = new SourceFiles();
    readAll(first);
    write('clients.d/1.yaml', { 'client-1': client('api:a, api:b') });
    const second = new SourceFiles(first);
    readAll(second);
    expect(read).toEqual([...paths, paths[1]]);
    expect(second.digest).not.toBe(first.digest);
  });
});
