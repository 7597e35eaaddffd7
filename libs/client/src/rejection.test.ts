import { describe, expect, it } from 'vitest';
import { clientScene } from '../../../test/support/client-scene.js';
import { TokenRejection } from './rejection.js';

const invalid = 'Bearer realm="api", error="invalid_token", error_description="expired"';
const scope = 'Bearer error="insufficient_scope", scope="create:orders"';

describe('rejectedStatuses', () => {
  it.each([
    [undefined, 401, null, true],
    [undefined, 403, null, false],
    [[401, 403], 403, null, true],
    [[403], 401, null, false],
    [undefined, 403, invalid, true],
    [undefined, 400, 'Bearer error=invalid_token', true],
    [undefined, 401, scope, false],
    [[401, 403], 403, scope, false],
    [[401, 403], 403, ['Basic', scope], false],
    [undefined, 200, invalid, false],
    [undefined, 503, invalid, false],
  ] as const)(
    '%j: a response of %i with %j rejects the token: %s',
    (statuses, status, challenge, rejects) => {
      expect(new TokenRejection(statuses).matches(status, challenge)).toBe(rejects);
    },
  );

  it.each([[[200]], [[500]], [[401.5]]])(
    'must be statuses of client errors: %j',
    async (rejectedStatuses) => {
      await expect(clientScene({ rejectedStatuses })).rejects.toThrow('rejectedStatuses must be');
    },
  );

  it('makes `fetch` report the token of a 403, and repeat the call', async () => {
    const answers = [403, 200];
    const fetch: typeof globalThis.fetch = (input, init) =>
      String(input).startsWith('https://api.example')
        ? Promise.resolve(new Response('', { status: answers.shift()! }))
        : globalThis.fetch(input, init);
    const { broker, server } = await clientScene({ rejectedStatuses: [401, 403], fetch });
    const response = await broker.fetch('https://api.example/orders', undefined, { scopes: 'api:partner' });
    expect(response.status).toBe(200);
    expect(server.calls('POST /token/rejected')).toHaveLength(1);
  });
});
