import { describe, expect, it } from 'vitest';
import { Diagnostics, SettingsPath } from './paths.js';

describe('a path in the settings', () => {
  it('is printed with dots and indexes', () => {
    expect(String(new SettingsPath(new Diagnostics()).key('clients').key('a-1').key('scopes').item(2))).toBe(
      'clients.a-1.scopes[2]',
    );
  });

  it('a strange name is quoted and stays on one line of ASCII', () => {
    expect(String(new SettingsPath(new Diagnostics()).key('a\n\u001b[31m\u2028b'))).toBe(
      '"a\\n\\u001b[31m?b"',
    );
    expect(String(new SettingsPath(new Diagnostics()).key('x'.repeat(500))).length).toBeLessThan(90);
  });

  it('keeps the first fault, which names the cause', () => {
    const diagnostics = new Diagnostics();
    const path = new SettingsPath(diagnostics, 'a');
    path.fault('must be one thing');
    path.fault('must be another');
    expect(diagnostics.faults).toEqual(['a: must be one thing']);
  });

  it('is valid unless there is a fault in it or below', () => {
    const diagnostics = new Diagnostics();
    const path = new SettingsPath(diagnostics, 'a');
    path.key('b').item(0).fault('must be different');
    expect(path.isValid).toBe(false);
    expect(path.areValid('c')).toBe(true);
    expect(path.areValid('c', 'b')).toBe(false);
    expect(new SettingsPath(diagnostics, 'ab').isValid).toBe(true);
    expect(path.key('b').item(1).isValid).toBe(true);
  });
});
