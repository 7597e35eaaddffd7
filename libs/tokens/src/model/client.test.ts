import { expect, it } from 'vitest';
import { someClient } from '#test/the.js';

it('a client that reaches its server in another way, by other authorities for example, is another identity', () => {
  const identities = [undefined, 'one', 'two'].map((connection) => someClient({ connection }).identity);

  expect(new Set(identities).size).toBe(3);
});
