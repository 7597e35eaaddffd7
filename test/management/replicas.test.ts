import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaksIn } from '../http/secret-forms.js';
import { clientSecret } from '#test/partner.js';
import { type Replicas, runningReplicas, scopeSets } from '#test/replicas.js';
import { until } from '#test/until.js';
import { OperatorsApi } from './operators-api.js';

let scene: Replicas;
let apis: [OperatorsApi, OperatorsApi];
const secrets = new Map<string, string>([['client secret', clientSecret]]);

beforeEach(async ({ onTestFinished }) => {
  scene = await runningReplicas({ count: 0 }, onTestFinished);
  const one = await scene.another({ HOSTNAME: 'broker-one' });
  const two = await scene.another({ HOSTNAME: 'broker-two' });
  scene.brokers.push(one, two);
  apis = [new OperatorsApi(one), new OperatorsApi(two)];
});

/** No replica may bring a token or a secret to light, whatever it is asked. */
afterEach(() => {
  const said = [...apis.flatMap(({ heard }) => heard), ...scene.brokers.map(({ output }) => output)];
  expect(leaksIn(said.join('\n'), secrets)).toEqual([]);
});

async function token(replica: 0 | 1, scopes: string): Promise<void> {
  const { status, body } = await scene.brokers[replica]!.get(`/token?scopes=${scopes}`, scene.key);
  expect({ status, body }).toMatchObject({ status: 200 });
  secrets.set(`token ${secrets.size}`, String(body['access_token']));
}

async function rowOf(api: OperatorsApi, scopes: string) {
  const { tokens } = await api.tokens('?limit=1000');
  return tokens.find((row) => row.scopes.join(' ') === scopes);
}

describe('the operators API of several replicas', () => {
  it('names all replicas, and tells of the store', async () => {
    for (const api of apis) {
      await until(async () => (await api.tokens()).replicas.length === 2, 'both replicas are seen');
    }
    const { replica, replicas, store } = await apis[0].tokens();
    expect(replica).toBe('broker-one');
    expect(replicas.map(({ name }) => name)).toEqual(['broker-one', 'broker-two']);
    expect(store).toMatchObject({ kind: 'redis', state: 'up' });
  });

  it('shows on each what the other one has: the same token by the same fingerprint', async () => {
    await token(0, 'a');
    await until(async () => (await rowOf(apis[1], 'a'))?.fingerprint !== undefined, 'the schedule is shared');
    const [here, there] = [await rowOf(apis[0], 'a'), await rowOf(apis[1], 'a')];
    expect(here).toMatchObject({ tier: 'memory', dueAt: expect.any(String) });
    expect(there).toMatchObject({ tier: 'redis', dueAt: expect.any(String), id: here!.id });
    expect(there!.fingerprint).toBe(here!.fingerprint);
  });

  it('renews now, and both replicas show the new token', async () => {
    await token(0, 'b');
    await token(1, 'b');
    const before = await rowOf(apis[0], 'b');
    expect((await rowOf(apis[1], 'b'))?.fingerprint).toBe(before!.fingerprint);
    const order = { client: 'many', scopes: ['b'] };

    expect((await apis[1].renew(order)).status).toBe(429);
    // The 10 s rule: a token must have come of age.
    await until(async () => (await apis[1].renew(order)).status === 200, 'the token may be renewed');
    const renewed = await rowOf(apis[1], 'b');
    expect(renewed!.fingerprint).not.toBe(before!.fingerprint);
    await until(
      async () => (await rowOf(apis[0], 'b'))?.fingerprint === renewed!.fingerprint,
      'the other replica shows it too',
    );
    expect((await apis[0].renew(order)).status).toBe(429);
    expect(scene.server.counts.byScopeSet['b']).toBe(2);
  });

  it('pages through what only the schedule knows, each once, and never more than asked for', async () => {
    const sets = scopeSets(20).map((set) => set.split(' ').toSorted().join(' '));
    for (const set of sets) await token(0, set.replaceAll(' ', '+'));
    await until(
      async () => (await apis[1].tokens('?limit=1000')).tokens.length >= sets.length,
      'all are shared',
    );

    const found: string[] = [];
    let next: string | undefined = '';
    for (let pages = 0; next !== undefined && pages < 50; pages++) {
      const page = await apis[1].tokens(`?limit=3${next && `&after=${next}`}`);
      expect(page.tokens.length).toBeLessThanOrEqual(3);
      found.push(...page.tokens.map(({ scopes }) => scopes.join(' ')));
      next = page.next;
    }
    expect(next).toBeUndefined();
    expect(found.toSorted()).toEqual(sets.toSorted());
  });

  it('tells on each replica that a client is refused, though only one has asked', async () => {
    scene.server.misbehave({ answer: { status: 401, json: { error: 'invalid_client' } } });
    expect((await scene.brokers[0]!.get('/token?scopes=a+b+c+d+e+f', scene.key)).status).toBe(502);
    for (const api of apis) {
      // A busy Redis may be taken for one that is down: then the next look tells.
      await until(async () => (await api.tokens()).clients[0]?.['state'] === 'refused', 'it is refused');
      expect((await api.tokens()).clients).toMatchObject([
        { name: 'many', state: 'refused', upstreamError: 'invalid_client', until: expect.any(String) },
      ]);
    }
    expect((await apis[1].send('/readyz', {})).body['parts']).toMatchObject({ clients: { many: 'refused' } });
  });

  it('goes on while Redis is down, and says so', async () => {
    await token(0, 'a');
    await scene.redis.kill('SIGKILL');
    await until(async () => (await apis[0].tokens()).store['state'] === 'down', 'Redis is known to be down');
    const { store, replicas, tokens } = await apis[0].tokens();
    expect(store).toEqual({ kind: 'redis', state: 'down', since: expect.any(String) });
    expect(replicas.map(({ name }) => name)).toEqual(['broker-one']);
    expect(tokens.map(({ scopes }) => scopes.join(' '))).toContain('a');
  });
});
