import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { keyLines, keyYaml } from './key-command.js';

describe('the text of a new API key', () => {
  it('shows key and hash, each with where it goes, and ends with YAML to paste', () => {
    const yaml = keyYaml('orders', 'sha256:00', { createdAt: '2026-11-27', expiresAt: '2027-11-27' });
    const lines = keyLines({ key: new Secret('tbk_not-a-real-key'), hash: 'sha256:00' }, yaml);
    expect(lines.slice(0, 4)).toEqual([
      'key:  tbk_not-a-real-key',
      expect.stringContaining('consumer as a secret'),
      'hash: sha256:00',
      expect.stringContaining('into the settings'),
    ]);
    const keys = [{ hash: 'sha256:00', createdAt: '2026-11-27', expiresAt: '2027-11-27' }];
    expect(parse(lines.slice(4).join('\n'))).toEqual({ consumers: { orders: { keys } } });
  });
});
