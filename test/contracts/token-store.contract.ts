import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '#tokens/model/clock.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import type { Token } from '#tokens/model/token.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';

interface Subject {
  store: {
    get(request: TokenRequest): Promise<Token | undefined> | Token | undefined;
    put(request: TokenRequest, token: Token): Promise<void> | void;
  };
  clock: Clock;
  /** Lets so many milliseconds pass for the store. */
  pass(milliseconds: number): Promise<void> | void;
}

const request = someClient().request(ScopeSet.parse('api:partner'));
const other = someClient().request(ScopeSet.parse('create:orders'));

/** What every store of tokens promises, the one in memory and those that replicas share. */
export function describeTokenStore(name: string, make: () => Promise<Subject> | Subject): void {
  describe(`${name} as a store of tokens`, () => {
    let subject: Subject;
    beforeEach(async () => {
      subject = await make();
    });

    it('gives back what was put, under that request only', async () => {
      const { store, clock } = subject;
      const token = someToken(clock.now());
      await store.put(request, token);
      const kept = await store.get(request);
      expect(kept?.accessToken.reveal()).toBe(token.accessToken.reveal());
      expect(kept?.scopes.equals(token.scopes)).toBe(true);
      expect(await store.get(other)).toBeUndefined();
    });

    it('keeps no token beyond its life', async () => {
      const { store, clock, pass } = subject;
      await store.put(request, someToken(clock.now(), { expiresAt: clock.now() + 1_000 }));
      await pass(1_000);
      expect(await store.get(request)).toBeUndefined();
    });

    it('never puts an older token over a newer one', async () => {
      const { store, clock } = subject;
      const put = (generation: number) =>
        store.put(
          request,
          someToken(clock.now(), { generation, accessToken: new Secret(`not-real-${generation}`) }),
        );
      await put(1);
      await put(3);
      await put(2);
      expect((await store.get(request))?.accessToken.reveal()).toBe('not-real-3');
    });
  });
}
