import { describe, expect, it } from 'vitest';
import { KeyRemoval } from './key-removal.js';
import { MemoryCooldownStore } from './memory/memory-cooldown-store.js';
import { UpstreamFailure } from './model/failures.js';
import { ScopeSet } from './model/scope-set.js';
import { LocalRenewalLock } from './ports/renewal-lock.js';
import { FakeClock } from '#test/fake-clock.js';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';

let serial = 0;

function signedBy(kid: string, alg = 'ES256'): { accessToken: string } {
  const part = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
  serial += 1;
  return { accessToken: `${part({ alg, kid })}.${part({ jti: serial })}.not-a-real-signature` };
}

const interval = 60_000;
const sets = ['a', 'b', 'c', 'd', 'e', 'f'];
const scopes = ScopeSet.parse(sets.join(' '));

/** A broker, and the keys that its authorization server publishes. */
function scene({
  clock = new FakeClock(),
  cooldowns = new MemoryCooldownStore(clock),
  client = someClient({ scopes }),
} = {}) {
  const parts = someBroker({ clock, cooldowns, client });
  const { broker, events, server, cache, memory, schedule, renewal } = parts;
  const keys = { reads: 0, published: new Set(['old']) as Set<string> | undefined | Error };
  const lock = new LocalRenewalLock();
  const removal = new KeyRemoval(
    { cache, memory, schedule, renewal, lock, cooldowns },
    events,
    clock,
    () => 0,
  );
  removal.replace([
    {
      address: 'https://auth.example/jwks',
      clients: [client],
      interval,
      async read() {
        keys.reads += 1;
        if (keys.published instanceof Error) throw keys.published;
        return keys.published;
      },
    },
  ]);
  const tokenOf = async (scope: string) =>
    (
      await broker.tokenFor(client.request(ScopeSet.parse(scope)), { trigger: 'demand' })
    ).token.accessToken.reveal();
  const look = async () => {
    clock.advance(interval);
    await removal.check();
  };
  return { ...parts, removal, keys, tokenOf, look, events, server };
}

describe('the removal of a signing key', () => {
  it('renews each token once that the key has signed', async () => {
    const { keys, server, tokenOf, look, events } = scene();
    const old = sets.map(() => signedBy('old'));
    server.next(...old);
    for (const scope of sets) await tokenOf(scope);
    await look();
    expect(server.asked).toHaveLength(sets.length);

    keys.published = new Set(['new']);
    server.next(...sets.map(() => signedBy('new')));
    await look();
    await look();
    await look();

    expect(server.asked).toHaveLength(2 * sets.length);
    const served = await Promise.all(sets.map(tokenOf));
    expect(served).not.toEqual(expect.arrayContaining(old.map(({ accessToken }) => accessToken)));
    expect(events.of('renewed').filter(({ trigger }) => trigger === 'key_removed')).toHaveLength(sets.length);
    expect(events.of('key_removed')).toMatchObject([{ keyId: 'old', tokens: sets.length }]);
  });

  it('leaves the others alone where a new token is signed by a key that is not published either', async () => {
    const { keys, server, tokenOf, look, events } = scene();
    server.next(...sets.map(() => signedBy('old')));
    for (const scope of sets) await tokenOf(scope);
    keys.published = new Set(['new']);
    server.next(signedBy('old'));
    await look();
    await look();
    await look();
    expect(server.asked).toHaveLength(sets.length + 1);
    expect(events.of('response_anomaly')).toMatchObject([{ oddity: 'key_not_published' }]);
  });

  it('asks about such a client again after an hour, and after each change of the keys', async () => {
    const { keys, server, tokenOf, look } = scene();
    server.lifetime = 24 * 3_600_000;
    server.next(signedBy('old'));
    await tokenOf('a');
    keys.published = new Set(['new']);
    server.next(signedBy('old'), signedBy('old'), signedBy('old'));
    for (let minute = 0; minute < 59; minute += 1) await look();
    expect(server.asked).toHaveLength(2);
    for (let minute = 0; minute < 3; minute += 1) await look();
    expect(server.asked).toHaveLength(3);
    keys.published = new Set(['newer']);
    await look();
    expect(server.asked).toHaveLength(4);
  });

  it.each([
    ['cannot be read', new UpstreamFailure('unavailable', 'the server is down'), 'failed'],
    ['names no keys, or keys without ids', undefined, 'undecidable'],
  ])('changes nothing while the key set %s', async (_title, published, outcome) => {
    const { keys, server, tokenOf, look, events } = scene();
    server.next(signedBy('old'));
    await tokenOf('a');
    keys.published = published;
    await look();
    await look();
    expect(server.asked).toHaveLength(1);
    expect(events.of('keys_read').map((event) => event.outcome)).toEqual([outcome, outcome]);
  });

  it.each([
    ['opaque', { accessToken: 'not-a-real-token' }],
    ['signed by a shared secret', signedBy('shared', 'HS256')],
  ])('is not looked for while all tokens are %s', async (_title, token) => {
    const { keys, server, tokenOf, look } = scene();
    server.next(token);
    await tokenOf('a');
    keys.published = new Set(['new']);
    await look();
    await look();
    expect(keys.reads).toBe(0);
    expect(server.asked).toHaveLength(1);
  });

  it('is looked for by one of several replicas within each interval', async () => {
    const clock = new FakeClock();
    const cooldowns = new MemoryCooldownStore(clock);
    const replicas = Array.from({ length: 3 }, () => scene({ clock, cooldowns }));
    for (const { server, tokenOf } of replicas) {
      server.next(signedBy('old'));
      await tokenOf('a');
    }
    for (let second = 0; second <= 600; second += 1) {
      clock.advance(1_000);
      for (const { removal } of replicas) await removal.check();
    }
    const reads = replicas.reduce((sum, { keys }) => sum + keys.reads, 0);
    expect(reads).toBeGreaterThanOrEqual(9);
    expect(reads).toBeLessThanOrEqual(11);
  });

  it('tries again at the next look when a token could not be renewed', async () => {
    const { keys, server, tokenOf, look } = scene();
    server.next(signedBy('old'), signedBy('old'));
    await tokenOf('a');
    await tokenOf('b');
    keys.published = new Set(['new']);
    server.next(signedBy('new'), new UpstreamFailure('unavailable', 'down'), signedBy('new'));
    await look();
    expect(server.asked).toHaveLength(4);
    await look();
    expect(server.asked).toHaveLength(5);
    await look();
    expect(server.asked).toHaveLength(5);
  });
});
