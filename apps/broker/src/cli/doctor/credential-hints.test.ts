import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { suspiciousFormatting } from './credential-hints.js';

describe('what looks wrong about a credential', () => {
  it.each([
    ['not-a-real-secret ', 'ends with white space'],
    ['\tnot-a-real-secret', 'begins with white space'],
    ['not-a-real-secret\r\n', 'ends with white space'],
    ['not-a-real\nsecret', 'contains a line break'],
    ["'not-a-real-secret'", 'is in quotes'],
    ['not-a-real\u200Bsecret', 'invisible character'],
    ['<your secret>', 'placeholder'],
    ['$RABOT_SECRET', 'placeholder'],
    ['changeme', 'placeholder'],
    ['tbk_not-a-real-key', 'API key'],
    [Buffer.from('not-a-real-secret\n').toString('base64'), 'base64'],
  ])('of %j: it %s', (text, words) => {
    expect(suspiciousFormatting(text)).toEqual([expect.stringContaining(words)]);
  });

  it('is nothing about random ones', () => {
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      for (let n = 0; n < 200; n += 1)
        expect(suspiciousFormatting(randomBytes(32).toString(encoding))).toEqual([]);
    }
    expect(suspiciousFormatting('pa$word-of-"someone"')).toEqual([]);
  });
});
