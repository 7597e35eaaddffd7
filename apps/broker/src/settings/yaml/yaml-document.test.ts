import { describe, expect, it } from 'vitest';
import { Diagnostics } from '../paths.js';
import { atOnce } from '../slices.js';
import { parseYaml } from './yaml-document.js';

function parsed(text: string) {
  const diagnostics = new Diagnostics();
  const result = atOnce(parseYaml(text, diagnostics));
  return { result, faults: diagnostics.faults };
}

describe('the YAML of the settings', () => {
  it('is read as maps, lists and scalars', () => {
    expect(parsed('a: { b: [1, x, true, ~] }').result).toEqual(
      new Map([['a', new Map([['b', [1, 'x', true, null]]])]]),
    );
  });

  it.each(['? ', '- '])('is refused when %j nests it deeper than the stack', (indicator) => {
    expect(parsed(`${indicator.repeat(20_000)}a\nb`)).toEqual({
      result: undefined,
      faults: ['file: must be valid YAML: it is nested too deeply'],
    });
  });

  it('an anchor may be used again', () => {
    expect(parsed('a: &scopes [x]\nb: *scopes').result).toEqual(
      new Map([
        ['a', ['x']],
        ['b', ['x']],
      ]),
    );
  });

  it.each([
    ['a key twice', 'a: 1\na: 2', 'line 2, column 1: must be valid YAML: this key is already'],
    ['two documents', 'a: 1\n---\nb: 2', 'line 2, column 1: must be valid YAML: the file must hold one'],
    ['a tag', 'a: !!binary aGVsbG8=', 'line 1, column 4: must be valid YAML: tags'],
    ['a directive', '%FOO bar\n---\na: 1', 'line 1, column 1: must be valid YAML: directives'],
    ['a tab', 'a:\n\t- b', 'line 2, column 1: must be valid YAML: tabs'],
    ['a key that is no text', '? [a]\n: 1', 'line 1, column 3: must be valid YAML: a key'],
    ['an open bracket', 'a: [', 'line 1, column 5: must be valid YAML: the indentation'],
    ['a variable without quotes in a list', 'a: [${B}]', 'line 1, column 6: must be valid YAML: inside [ ]'],
    [
      'a variable without quotes in a map',
      'a: { b: ${B} }',
      'line 1, column 10: must be valid YAML: inside [ ]',
    ],
    ['an alias of nothing', 'a: *b', 'aliases: must name'],
    ['a tower of brackets', '['.repeat(20_000), 'line 1, column '],
  ])('%s is a fault', (_, text, fault) => {
    const { result, faults } = parsed(text);
    expect(result).toBeUndefined();
    expect(faults.join('\n')).toContain(fault);
  });

  it('aliases of aliases do not grow without end', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    expect(parsed(['l0: &l0 [x]', ...levels].join('\n')).faults).toEqual([
      'aliases: must name an anchor above them, and be few',
    ]);
  });

  it.each([
    'clientSecret: "planted-secret',
    'clientSecret: planted-secret: x',
    'clientSecret: "\\planted-secret"',
    'clientSecret: | planted-secret\n  x',
    'clientSecret: !planted-secret x',
    'clientSecret: *planted-secret',
    'clientSecret: @planted-secret',
    'clientSecret: [planted-secret',
    '%planted-secret\n---\na: 1',
    'a: "1"\n  planted-secret',
  ])('a fault does not quote the source: %s', (text) => {
    const { faults } = parsed(text);
    expect(faults).not.toEqual([]);
    expect(faults.join()).not.toContain('planted');
  });

  it('each faulty line is reported once', () => {
    expect(parsed('a: 1\na: 2\nb: "\\q \\q"').faults.map((fault) => fault.split(',')[0])).toEqual([
      'line 2',
      'line 3',
    ]);
  });
});
