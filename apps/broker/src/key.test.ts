import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/secret.js';
import { keyText } from './key.js';

describe('the text of a new API key', () => {
  it('shows key and hash, each with where it goes', () => {
    const text = keyText({ key: new Secret('tbk_not-a-real-key'), hash: 'sha256:00' });
    expect(text.split('\n')).toEqual([
      'key:  tbk_not-a-real-key',
      expect.stringContaining('consumer as a secret'),
      'hash: sha256:00',
      expect.stringContaining('consumers.<name>.keys'),
      '',
    ]);
  });
});
