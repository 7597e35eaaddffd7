import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { keyLines } from './key-command.js';

describe('the text of a new API key', () => {
  it('shows key and hash, each with where it goes', () => {
    expect(keyLines({ key: new Secret('tbk_not-a-real-key'), hash: 'sha256:00' })).toEqual([
      'key:  tbk_not-a-real-key',
      expect.stringContaining('consumer as a secret'),
      'hash: sha256:00',
      expect.stringContaining('consumers.<name>.keys'),
    ]);
  });
});
