import { describe, expect, it } from 'vitest';
import { ask, someServer } from '../test/some-server.js';

describe('Router', () => {
  it('answers 405 to a GET and 404 elsewhere', async () => {
    const server = await someServer();
    const wrongMethod = await fetch(server.tokenEndpoint);
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${server.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${server.url}/control`)).status).toBe(404);
  });

  it('answers 413 to a body of over a MiB', async () => {
    expect((await ask(await someServer(), { scope: 'x'.repeat(1_100_000) })).status).toBe(413);
  });
});
