import { describe, expect, it } from 'vitest';
import { Diagnostics, SettingsPath } from '../paths.js';
import { atOnce } from '../slices.js';
import { SettingsTree } from './settings-tree.js';
import { parseYaml } from './yaml-document.js';

function read(text: string, environment: NodeJS.ProcessEnv = {}) {
  const diagnostics = new Diagnostics();
  const tree = new SettingsTree(environment);
  const document = atOnce(parseYaml(text, diagnostics)) as Map<string, unknown>;
  return {
    result: atOnce(tree.mapping(document, new SettingsPath(diagnostics))),
    faults: diagnostics.faults,
    written: tree.written,
  };
}

describe('the tree of settings', () => {
  it('has variables replaced in values, and in nothing else', () => {
    const { result } = read('"${A}": ["${A}", 1, true, null, { b: "${A}" }]', { A: 'x' });
    expect(result).toEqual({ '${A}': ['x', 1, true, null, { b: 'x' }] });
  });

  it('a value cannot bring YAML with it', () => {
    expect(read('a: ${A}', { A: '{ b: 1 }\nc: 2' }).result).toEqual({ a: '{ b: 1 }\nc: 2' });
  });

  it('remembers how a value with a variable was written', () => {
    expect([...read('a: [x, "${A}/y"]', { A: 'x' }).written]).toEqual([['a[1]', '${A}/y']]);
  });

  it.each(['__proto__', 'constructor', 'toString', '<<'])('the key %s is a fault', (key) => {
    const { result, faults } = read(`a:\n  "${key}": { polluted: true }`);
    expect(faults).toHaveLength(1);
    expect(result).toEqual({ a: {} });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('merge keys stay off under a directive that would bring them back', () => {
    expect(read('%YAML 1.1\n---\na: &a { b: 1 }\nc: { <<: *a }').faults).toEqual([
      'c."<<": must be left out: merge keys are not supported',
    ]);
  });

  it('an alias within its own anchor is a fault', () => {
    expect(read('a: &a { b: [*a] }').faults).toEqual([
      'a.b[0]: is nested too deeply, or in itself by an alias',
    ]);
  });

  it('too deep a nesting is a fault', () => {
    const { faults } = read(`a: ${'['.repeat(100)}${']'.repeat(100)}`);
    expect(faults.join()).toContain('is nested too deeply');
  });
});
