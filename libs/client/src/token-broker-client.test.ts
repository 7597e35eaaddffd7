import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClientScene, clientScene, consumerCredential } from '../../../test/support/client-scene.js';
import { FakeTokenBroker } from '../../../test/support/fake-token-broker.js';
import { until } from '../../../test/support/until.js';
import { type TokenParameters, TokenBrokerClient } from './token-broker-client.js';

const read = { scopes: 'api:partner' };

async function value({ broker }: ClientScene, parameters: TokenParameters = read): Promise<string> {
  return (await broker.token(parameters)).accessToken;
}

/** A gate, and what opens it. */
function gate(): { closed: Promise<unknown>; open: () => void } {
  let open = () => {};
  const closed = new Promise<void>((resolve) => (open = resolve));
  return { closed, open };
}

describe('a token', () => {
  it('is requested once, and comes from memory afterwards', async () => {
    const scene = await clientScene();
    const token = await scene.broker.token({ scopes: ['create:orders', 'api:partner'], client: 'rabot' });
    expect(token).toMatchObject({
      accessToken: 'not-a-real-token-1',
      authorization: 'Bearer not-a-real-token-1',
      expiresIn: 3600,
      scope: 'api:partner create:orders',
    });
    scene.time.advance(2_999_000);
    expect(await scene.broker.token({ scopes: 'api:partner create:orders', client: 'rabot' })).toBe(token);
    expect(token.expiresIn).toBe(601);
    expect(scene.server.requests).toHaveLength(1);
    expect(scene.server.requests[0]).toMatchObject({
      call: 'GET /token',
      query: new URLSearchParams({ client: 'rabot', scopes: 'api:partner create:orders' }),
      authorization: `Bearer ${consumerCredential}`,
    });
  });

  it('costs ten thousand concurrent callers one request for each set of scopes, in whatever form', async () => {
    const { broker, server } = await clientScene();
    const sets = Array.from({ length: 8 }, (_, number) => ['api:partner', `set:${number}`]);
    const tokens = await Promise.all(
      Array.from({ length: 10_000 }, (_, number) => {
        const set = sets[number % 8]!;
        const spellings = [set, set.toReversed(), set.join(' '), [...set, ...set].join('  ')];
        return broker.token({ scopes: spellings[number % 4]! });
      }),
    );
    expect(server.requests).toHaveLength(8);
    const wrong = tokens.filter(({ scope }, number) => scope !== sets[number % 8]!.join(' '));
    expect(wrong).toEqual([]);
  });

  it('is another one for another client, resource, scope set or minTtl', async () => {
    const scene = await clientScene();
    const parameters: TokenParameters[] = [
      read,
      {},
      { ...read, client: 'rabot' },
      { ...read, resource: 'https://a.example' },
      { ...read, resource: ['https://a.example', 'https://b.example'] },
      { ...read, minTtl: 60 },
      { scopes: 'api:partner create:orders' },
    ];
    const tokens = await Promise.all(parameters.map((each) => value(scene, each)));
    expect(new Set(tokens).size).toBe(parameters.length);
    expect(scene.server.requests.map(({ query }) => String(query)).toSorted()).toEqual([
      '',
      'client=rabot&scopes=api%3Apartner',
      'scopes=api%3Apartner',
      'scopes=api%3Apartner&min_ttl=60',
      'scopes=api%3Apartner&resource=https%3A%2F%2Fa.example',
      'scopes=api%3Apartner&resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example',
      'scopes=api%3Apartner+create%3Aorders',
    ]);
  });

  it('is not requested with scopes that are empty or not set', async () => {
    const { broker, server } = await clientScene();
    for (const scopes of ['', ' ', [], undefined]) {
      const parameters = { scopes } as TokenParameters;
      await expect(broker.token(parameters)).rejects.toMatchObject({ code: 'invalid_request' });
    }
    await expect(broker.token({ ...read, minTtl: 0.5 })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(server.requests).toEqual([]);
  });

  it('is refreshed at refresh_in, while callers get the one that is valid', async () => {
    const scene = await clientScene();
    await value(scene);
    const { closed, open } = gate();
    scene.server.gate = closed;
    scene.time.advance(3_000_000);
    const meanwhile = await Promise.all(Array.from({ length: 100 }, () => value(scene)));
    expect(new Set(meanwhile)).toEqual(new Set(['not-a-real-token-1']));
    open();
    await until(async () => (await value(scene)) === 'not-a-real-token-2', 'the new token is there');
    expect(scene.server.requests).toHaveLength(2);
  });

  it('is waited for when it lives shorter than minTtl', async () => {
    const scene = await clientScene();
    const parameters = { ...read, minTtl: 1_000 };
    scene.server.always = { body: { refresh_in: 3_599 } };
    await value(scene, parameters);
    scene.time.advance(2_599_000);
    expect(await value(scene, parameters)).toBe('not-a-real-token-1');
    scene.time.advance(1_000);
    expect(await value(scene, parameters)).toBe('not-a-real-token-2');
  });

  it('without a lifetime is returned to waiting callers, and is not cached', async () => {
    const scene = await clientScene();
    scene.server.next({ body: { expires_in: 0, refresh_in: 0 } });
    expect(await Promise.all([value(scene), value(scene)])).toEqual(Array(2).fill('not-a-real-token-1'));
    expect(await value(scene)).toBe('not-a-real-token-2');
  });

  it('that is to be refreshed at once is requested once a second at most', async () => {
    const scene = await clientScene();
    scene.server.always = { body: { refresh_in: 0 } };
    await value(scene);
    scene.time.advance(999);
    await value(scene);
    await turn();
    expect(scene.server.requests).toHaveLength(1);
  });

  it('is cached for the last thousand sets of parameters, or for maxTokens', async () => {
    const scene = await clientScene({ maxTokens: 2 });
    const parameters = ['a', 'b', 'c'].map((scopes) => ({ scopes }));
    for (const each of parameters) await value(scene, each);
    expect(await value(scene, parameters[2])).toBe('not-a-real-token-3');
    expect(await value(scene, parameters[1])).toBe('not-a-real-token-2');
    expect(await value(scene, parameters[0])).toBe('not-a-real-token-4');
  });
});

describe('a broker that is away', () => {
  it('costs no failed call while the token lives, and is called ever more rarely', async () => {
    let [isAway, tries] = [false, 0];
    const network: typeof fetch = (input, init) => {
      if (!isAway) return fetch(input, init);
      tries += 1;
      return Promise.reject(new TypeError('fetch failed'));
    };
    const scene = await clientScene({ fetch: network });
    await value(scene);
    isAway = true;
    scene.time.advance(3_000_000);
    for (let tenth = 0; tenth < 5_990; tenth++) {
      expect(await value(scene)).toBe('not-a-real-token-1');
      await turn();
      scene.time.advance(100);
    }
    // 0.2, 0.4 … 6.4 s, then each 10 s of the ten minutes.
    expect(tries).toBeGreaterThan(55);
    expect(tries).toBeLessThan(75);
    isAway = false;
    scene.time.advance(10_000);
    expect(await value(scene)).toBe('not-a-real-token-2');
  });

  it('is not called during the backoff after a failed refresh', async () => {
    const scene = await clientScene();
    await value(scene);
    scene.server.always = { status: 503, headers: { 'retry-after': '30' }, body: '' };
    scene.time.advance(3_000_000);
    await value(scene);
    await until(async () => scene.server.requests.length === 2, 'the refresh is asked for');
    // The answer is on its way: only when it has come does the pause begin, which the clock then moves through.
    for (let second = 0; second < 29; second++) {
      scene.time.advance(1_000);
      expect(await value(scene)).toBe('not-a-real-token-1');
      await turn();
    }
    expect(scene.server.requests).toHaveLength(2);
  });

  it('is retried, with exponential backoff, for a caller without a token', async () => {
    const scene = await clientScene();
    const down = { status: 503, body: { error: 'temporarily_unavailable', error_description: 'down' } };
    scene.server.next(down, { status: 500, body: '<html>' }, { status: 502, body: '' });
    expect(await value(scene)).toBe('not-a-real-token-1');
    expect(scene.time.sleeps).toEqual([200, 400, 800]);
  });

  it('fails a caller after its timeout, with its last error', async () => {
    const scene = await clientScene();
    scene.server.always = {
      status: 503,
      body: { error: 'temporarily_unavailable', error_description: 'down' },
    };
    await expect(value(scene)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
      description: 'down',
    });
    // Of the 15 s: the next pause would be of ten.
    expect(scene.time.sleeps).toEqual([200, 400, 800, 1_600, 3_200, 6_400]);
  });

  it('is not called before Retry-After', async () => {
    const scene = await clientScene();
    const cooling = { error: 'temporarily_unavailable', error_description: 'cooling down' };
    scene.server.next({ status: 503, headers: { 'retry-after': '60' }, body: cooling });
    for (let call = 0; call < 50; call++) {
      await expect(value(scene)).rejects.toMatchObject({ code: 'temporarily_unavailable', retryAfter: 60 });
    }
    expect(scene.server.requests).toHaveLength(1);
    scene.time.advance(60_000);
    expect(await value(scene)).toBe('not-a-real-token-1');
  });

  it('is named as unreachable by the error', async () => {
    const scene = await clientScene();
    await scene.server.stop();
    await expect(value(scene)).rejects.toMatchObject({
      name: 'TokenBrokerError',
      code: 'unreachable',
      status: undefined,
      message: `the token broker at ${scene.server.url} cannot be reached`,
      cause: expect.any(TypeError),
    });
  });

  it('may hang: the call ends after its timeout', async () => {
    const { broker, server } = await clientScene({ timeout: 100 });
    const { closed, open } = gate();
    onTestFinished(open);
    server.gate = closed;
    await expect(broker.token(read)).rejects.toMatchObject({ code: 'timeout' });
  });
});

describe('a refusal', () => {
  it('reaches the caller at once, with its code', async () => {
    const scene = await clientScene();
    const body = { error: 'access_denied', error_description: 'order-service may not have create:orders' };
    scene.server.next({ status: 403, body });
    await expect(value(scene)).rejects.toMatchObject({
      code: 'access_denied',
      status: 403,
      description: body.error_description,
      message: `the token broker answered 403 access_denied: ${body.error_description}`,
    });
    expect(scene.time.sleeps).toEqual([]);
  });

  it('is not repeated for a thousand calls, and is forgotten soon', async () => {
    const scene = await clientScene();
    scene.server.next({ status: 403, body: { error: 'access_denied', error_description: 'no' } });
    const calls = await Promise.allSettled(Array.from({ length: 1_000 }, () => value(scene)));
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set(['rejected']));
    await expect(value(scene)).rejects.toMatchObject({ code: 'access_denied' });
    expect(scene.server.requests).toHaveLength(1);
    scene.time.advance(200);
    expect(await value(scene)).toBe('not-a-real-token-1');
  });

  it('of other parameters does not affect these', async () => {
    const scene = await clientScene();
    scene.server.next({ status: 403, body: { error: 'access_denied', error_description: 'no' } });
    await expect(value(scene, { scopes: 'other' })).rejects.toThrow('access_denied');
    expect(await value(scene)).toBe('not-a-real-token-1');
  });
});

describe('an abort', () => {
  it('ends the wait of its caller alone', async () => {
    const { broker, server } = await clientScene();
    const { closed, open } = gate();
    server.gate = closed;
    const controller = new AbortController();
    const aborted = broker.token({ ...read, signal: controller.signal });
    const other = broker.token(read);
    const patient = broker.token({ ...read, signal: new AbortController().signal });
    controller.abort(new Error('had enough'));
    await expect(aborted).rejects.toThrow('had enough');
    open();
    const tokens = await Promise.all([other, patient]);
    expect(tokens.map(({ accessToken }) => accessToken)).toEqual(Array(2).fill('not-a-real-token-1'));
    expect(server.requests).toHaveLength(1);
  });

  it('before the call prevents the request', async () => {
    const { broker, server } = await clientScene();
    const signal = AbortSignal.abort();
    await expect(broker.token({ ...read, signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(broker.rejected('not-a-real-token', { ...read, signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(server.requests).toEqual([]);
  });
});

describe('the URL of the broker', () => {
  it('may have a path in front', async () => {
    const { server } = await clientScene();
    const client = new TokenBrokerClient({ url: `${server.url}/broker?a=b`, credential: 'not-a-real-one' });
    await client.token(read);
    expect(server.requests[0]).toMatchObject({ call: 'GET /broker/token' });
  });

  it.each(['', 'token-broker:8080', 'ftp://token-broker', 'http://user:word@token-broker'])(
    'is not %j',
    (url) => {
      expect(() => new TokenBrokerClient({ url, credential: 'not-a-real-one' })).toThrow(TypeError);
    },
  );

  it('is where the credential goes, and no redirect leads it elsewhere', async () => {
    const scene = await clientScene();
    const elsewhere = await FakeTokenBroker.start();
    onTestFinished(() => elsewhere.stop());
    scene.server.always = { status: 307, headers: { location: `${elsewhere.url}/token` }, body: '' };
    await expect(value(scene)).rejects.toMatchObject({ code: 'unexpected_answer', status: 307 });
    expect(elsewhere.requests).toEqual([]);
  });
});
