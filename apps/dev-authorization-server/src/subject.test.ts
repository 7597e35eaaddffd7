import { describe, expect, it } from 'vitest';
import { ask, someServer } from '../test/some-server.js';

describe('subjectOf', () => {
  it('counts the client that a request says it is from, refused or not', async () => {
    const server = await someServer();
    await ask(server, { client_id: 'nobody', scope: 'b a' });
    await fetch(server.tokenEndpoint, { method: 'POST', headers: { authorization: 'Basic !' } });
    expect(server.counts).toMatchObject({
      byClient: { nobody: 1, '': 1 },
      byScopeSet: { 'a b': 1, '': 1 },
      byOutcome: { invalid_client: 1, invalid_request: 1 },
    });
  });
});
