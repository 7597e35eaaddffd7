import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { apiKeyHash, newApiKey } from './api-key.js';

describe('newApiKey', () => {
  it('gives a prefixed key of 32 random bytes and its hash', () => {
    const { key, hash } = newApiKey();
    expect(key.reveal()).toMatch(/^tbk_[\w-]{43}$/);
    expect(hash).toBe(apiKeyHash(key));
  });

  it('gives another key each time', () => {
    expect(newApiKey().hash).not.toBe(newApiKey().hash);
  });
});

describe('apiKeyHash', () => {
  it('is the SHA-256 of the whole key in hex', () => {
    const hex = createHash('sha256').update('tbk_not-a-real-key').digest('hex');
    expect(apiKeyHash(new Secret('tbk_not-a-real-key'))).toBe(`sha256:${hex}`);
  });
});
