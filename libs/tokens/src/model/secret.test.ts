import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from './secret.js';

it('a secret prints nothing of itself, however it is printed', () => {
  const secret = new Secret('not-a-real-secret');
  const printed = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: null, showHidden: true }),
    JSON.stringify(Object.entries(secret)),
  ].join();
  expect(printed).not.toContain('not-a-real-secret');
  expect(printed).toContain('[redacted]');
  expect(secret.reveal()).toBe('not-a-real-secret');
  expect(secret.fingerprint).toMatch(/^[0-9a-f]{12}$/);
});
