import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { clientScene } from '../../../test/support/client-scene.js';

const read = { scopes: 'api:partner' };
const tooYoung = {
  status: 429,
  headers: { 'retry-after': '10' },
  body: { error: 'slow_down', error_description: 'issued 1 s ago' },
};

describe('a rejected token', () => {
  it('is reported by its hash, and another one takes its place', async () => {
    const { broker, server } = await clientScene();
    const parameters = { scopes: 'b a', client: 'rabot', resource: 'https://a.example', minTtl: 60 };
    const token = await broker.token(parameters);
    const other = await broker.rejected(token, parameters);
    expect(other.accessToken).toBe('not-a-real-token-2');
    expect(await broker.token(parameters)).toBe(other);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]).toMatchObject({
      call: 'POST /token/rejected',
      query: new URLSearchParams(),
      body: {
        client: 'rabot',
        scopes: 'a b',
        resource: ['https://a.example'],
        min_ttl: 60,
        access_token_sha256: createHash('sha256').update('not-a-real-token-1').digest('hex'),
      },
    });
  });

  it('costs one report when a thousand report it at once, and late-comers none', async () => {
    const { broker, server } = await clientScene();
    const token = await broker.token(read);
    const others = await Promise.all(Array.from({ length: 1_000 }, () => broker.rejected(token, read)));
    const late = await broker.rejected(token.accessToken, read);
    expect(new Set([...others, late].map(({ accessToken }) => accessToken))).toEqual(
      new Set(['not-a-real-token-2']),
    );
    expect(server.calls('POST /token/rejected')).toHaveLength(1);
  });

  it('may be given as a string', async () => {
    const { broker, server } = await clientScene();
    expect((await broker.rejected('not-a-real-token', read)).accessToken).toBe('not-a-real-token-1');
    expect(server.requests).toHaveLength(1);
  });

  it('that is too young stays in use after slow_down, and is not reported again before Retry-After', async () => {
    const { broker, server, time } = await clientScene();
    const token = await broker.token(read);
    server.next(tooYoung);
    for (let call = 0; call < 1_000; call++) {
      await expect(broker.rejected(token, read)).rejects.toMatchObject({ code: 'slow_down', retryAfter: 10 });
    }
    expect(server.calls('POST /token/rejected')).toHaveLength(1);
    expect(await broker.token(read)).toBe(token);
    time.advance(10_000);
    expect((await broker.rejected(token, read)).accessToken).toBe('not-a-real-token-2');
  });

  it('after another one has its own report, whatever became of the last', async () => {
    const { broker, server, time } = await clientScene();
    const first = await broker.token(read);
    server.next(tooYoung);
    await expect(broker.rejected(first, read)).rejects.toThrow('slow_down');
    time.advance(3_600_000);
    const second = await broker.token(read);
    expect((await broker.rejected(second, read)).accessToken).toBe('not-a-real-token-3');
  });

  it('is invalidated for all parameters that it was cached for', async () => {
    const { broker, server } = await clientScene();
    server.next({ body: { access_token: 'not-a-real-one' } }, { body: { access_token: 'not-a-real-one' } });
    const token = await broker.token(read);
    await broker.token({ ...read, minTtl: 60 });
    await broker.rejected(token, read);
    expect((await broker.token({ ...read, minTtl: 60 })).accessToken).not.toBe('not-a-real-one');
  });

  it('is not brought back by a response that was in flight meanwhile', async () => {
    const { broker, server, time } = await clientScene();
    const token = await broker.token(read);
    let open = () => {};
    server.gate = new Promise<void>((resolve) => (open = resolve));
    server.next({ body: { access_token: token.accessToken } });
    time.advance(3_000_000);
    await broker.token(read);
    await expect.poll(() => server.requests.length).toBe(2);
    // Only the answer that is under way waits at the gate.
    server.gate = Promise.resolve();
    const other = await broker.rejected(token, read);
    open();
    for (let turns = 0; turns < 50; turns++) {
      expect(await broker.token(read)).toBe(other);
      await turn();
    }
  });

  it('is still replaced for the others when the caller that reported it aborts', async () => {
    const { broker, server } = await clientScene();
    const token = await broker.token(read);
    const controller = new AbortController();
    const aborted = broker.rejected(token, { ...read, signal: controller.signal });
    const other = broker.rejected(token, read);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect((await other).accessToken).toBe('not-a-real-token-2');
    expect(server.calls('POST /token/rejected')).toHaveLength(1);
  });
});
