import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { Diagnostics, SettingsPath } from '../paths.js';
import { interpolate } from './settings-tree.js';

function interpolated(text: string, environment: NodeJS.ProcessEnv = {}) {
  const diagnostics = new Diagnostics();
  const result = interpolate(text, environment, new SettingsPath(diagnostics, 'some.path'));
  return { result, faults: diagnostics.faults };
}

describe('references to environment variables', () => {
  it.each([
    ['${HOST}', 'auth.example'],
    ['https://${HOST}/${PATH_PART:-token}', 'https://auth.example/token'],
    ['${EMPTY:-default}', 'default'],
    ['${EMPTY}', ''],
    ['${UNSET:-}', ''],
    ['${UNSET:-a:-b $ c}', 'a:-b $ c'],
    ['$${HOST}', '${HOST}'],
    ['$$${HOST}', '$${HOST}'],
    ['$HOST and $ and }', '$HOST and $ and }'],
  ])('%s becomes %s', (text, result) => {
    expect(interpolated(text, { HOST: 'auth.example', EMPTY: '' })).toEqual({ result, faults: [] });
  });

  it('what a variable holds is not looked at again', () => {
    expect(interpolated('${A}', { A: '${B} $${C}', B: 'b' }).result).toBe('${B} $${C}');
  });

  it('an unset variable is a fault that names it', () => {
    expect(interpolated('x${UNSET}y').faults).toEqual([
      'some.path: needs the environment variable UNSET, which is not set',
    ]);
  });

  it('a member that every object has is not a variable', () => {
    expect(interpolated('${toString}').faults).toHaveLength(1);
  });

  it.each(['${', '${HOST', '${}', '${1A}', '${A-B}', '${A:?B}', '${A:-${B}}', 'a ${ b }'])(
    '%s is a fault that does not quote it',
    (text) => {
      expect(interpolated(text, { HOST: 'h', A: '', B: 'b' }).faults).toEqual([
        'some.path: must have each ${ continued as ${VAR} or ${VAR:-default}; a literal ${ is written $${',
      ]);
    },
  );

  it('any text can be written, by escaping', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('$', '{', '}', 'A', ':-', ' ')), (parts) => {
        const text = parts.join('');
        expect(interpolated(text.replaceAll('${', () => '$${'))).toEqual({ result: text, faults: [] });
      }),
    );
  });
});
