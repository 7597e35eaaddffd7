import { describe, expect, it } from 'vitest';
import { ScopeSet } from './model/scope-set.js';
import { RenewalLock } from './ports/renewal-lock.js';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';

const scopes = ScopeSet.parse('a b c');
const client = someClient({ scopes, oneToken: scopes });

class BrokenLock extends RenewalLock {
  override async acquire() {
    return { outcome: 'error' as const, cause: new Error('Redis is down'), generation: 1 };
  }
}

describe('one token for a client', () => {
  it('is that of all scope sets', () => {
    const requests = ['a', 'b c', ''].map((text) => client.request(ScopeSet.parse(text)));
    expect(new Set(requests.map(({ key }) => key)).size).toBe(1);
    expect(String(requests[0]!.scopes)).toBe('a b c');
  });

  it('is not renewed without the lock while it lives, and is afterwards', async () => {
    const { broker, server, clock } = someBroker({ client, lock: new BrokenLock() });
    const request = client.request(ScopeSet.parse('a'));
    const { token } = await broker.tokenFor(request, { trigger: 'demand' });
    clock.advance(token.renewAt - clock.now() + 1_000);
    await expect(broker.renew(request, 'schedule')).rejects.toMatchObject({ reason: 'unavailable' });
    expect(server.asked).toHaveLength(1);
    clock.advance(token.remaining(clock.now()));
    await broker.renew(request, 'schedule');
    expect(server.asked).toHaveLength(2);
  });
});
