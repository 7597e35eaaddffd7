import { describe, expect, it } from 'vitest';
import { at, SettingsLines } from './settings-lines.js';

const lines = new SettingsLines(`clients:
  rabot: &rabot
    clientSecret: \${SECRET}
    scopes: [a]
  other: *rabot
consumers:
  orders:
    allow:
      - client: rabot
        scopes: [a]
      - { client: other, scopes: [a] }
`);

describe('the lines of a settings file', () => {
  it('are those where a value stands, through lists and aliases', () => {
    expect(lines.line('consumers', 'orders', 'allow', 0)).toBe(9);
    expect(lines.line('consumers', 'orders', 'allow', 1)).toBe(11);
    expect(lines.line('clients', 'other', 'scopes')).toBe(4);
    expect(lines.line('clients', 'other', 'requiredScopes')).toBeUndefined();
    expect(lines.line('clients', 'unknown', 'scopes', 3)).toBeUndefined();
  });

  it('are reported with the path, where there is one', () => {
    expect(at(lines, 'consumers', 'orders', 'allow', 1)).toBe('consumers.orders.allow[1] (line 11)');
    expect(at(lines, 'clients', 'rabot', 'requiredScopes')).toBe('clients.rabot.requiredScopes');
  });

  it('give a value as it is written, without what a variable holds', () => {
    expect(lines.written('clients', 'other', 'clientSecret')).toBe('${SECRET}');
  });
});
