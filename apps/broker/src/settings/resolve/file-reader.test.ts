import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, secretsOf, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

function secrets(clientSecret: unknown, environment?: NodeJS.ProcessEnv) {
  const { settings, warnings } = folder.load(someSettings({ clientSecret }), environment);
  return { values: secretsOf(settings.clients.rabot), warnings };
}

function faults(clientSecret: unknown, environment?: NodeJS.ProcessEnv) {
  return folder.faults(someSettings({ clientSecret }), environment);
}

describe('a secret', () => {
  it('may stand in a file, whose surrounding white space is trimmed', () => {
    folder.write('client-secret', '\n  not-a-real-secret \r\n');
    expect(secrets({ file: 'client-secret' })).toEqual({ values: ['not-a-real-secret'], warnings: [] });
    expect(secrets({ file: join(folder.path, 'client-secret') }).values).toEqual(['not-a-real-secret']);
    expect(secrets({ file: '${DIR}/client-secret' }, { DIR: folder.path }).values).toEqual([
      'not-a-real-secret',
    ]);
  });

  it('in a file is taken literally: no variables are replaced in it', () => {
    folder.write('client-secret', 'a${HOME}b');
    expect(secrets({ file: 'client-secret' }).values).toEqual(['a${HOME}b']);
  });

  it('may be two during a rotation', () => {
    folder.write('new', 'not-a-real-secret-2');
    expect(secrets(['not-a-real-secret-1', { file: 'new' }]).values).toEqual([
      'not-a-real-secret-1',
      'not-a-real-secret-2',
    ]);
    expect(secrets(['not-a-real-secret-1']).values).toHaveLength(1);
  });

  it.each([' planted', 'planted\t', 'planted\n'])(
    'with white space around it is kept, and warned about',
    (secret) => {
      const warning = 'has surrounding white space; it is compared literally';
      expect(secrets(secret)).toEqual({
        values: [secret],
        warnings: [`clients.rabot.clientSecret: ${warning}`],
      });
      expect(secrets(['x', '${SECRET}'], { SECRET: secret })).toEqual({
        values: ['x', secret],
        warnings: [`clients.rabot.clientSecret[1]: ${warning}`],
      });
    },
  );

  it('with a line break within is kept, and warned about', () => {
    expect(secrets('planted\nsecret')).toEqual({
      values: ['planted\nsecret'],
      warnings: ['clients.rabot.clientSecret: contains a line break; it is compared literally'],
    });
  });

  it('must not be empty', () => {
    folder.write('empty', ' \n');
    expect(faults('')).toEqual(['clients.rabot.clientSecret: must not be empty']);
    expect(faults('${EMPTY}', { EMPTY: '' })).toEqual(['clients.rabot.clientSecret: must not be empty']);
    expect(faults(['x', { file: 'empty' }])).toEqual(['clients.rabot.clientSecret[1]: must not be empty']);
  });

  it('that cannot be read is reported with setting, file and reason', () => {
    expect(faults({ file: 'missing' })).toEqual([
      `clients.rabot.clientSecret.file: must be a readable file: ${folder.path}/missing (no such file)`,
    ]);
    expect(faults(['x', { file: '.' }])).toEqual([
      `clients.rabot.clientSecret[1].file: must be a readable file: ${folder.path} (not a regular file)`,
    ]);
  });

  it('that was put where its path should be is not printed', () => {
    expect(faults({ file: '${SECRET}' }, { SECRET: 'planted' })).toEqual([
      'clients.rabot.clientSecret.file: must be a readable file: ${SECRET} (no such file)',
    ]);
  });

  it.each([
    42,
    true,
    null,
    [],
    ['a', 'b', 'c'],
    [['planted']],
    { file: '' },
    { file: 1 },
    { file: 'a', planted: 'b' },
    { planted: null },
    { path: 'planted' },
  ])('must not be %j, and that is not quoted', (value) => {
    const [fault, ...others] = faults(value);
    expect(fault).toMatch(/^clients\.rabot\.clientSecret: must /);
    expect(fault).not.toContain('planted');
    expect(others).toEqual([]);
  });
});
