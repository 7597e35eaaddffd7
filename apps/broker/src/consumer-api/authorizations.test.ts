import { Consumer } from '#consumers/consumer.js';
import { Entitlement } from '#consumers/entitlement.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { describe, expect, it } from 'vitest';
import { someClient } from '#test/the.js';
import { type Authorization, Authorizations } from './authorizations.js';
import { tokenRoutes } from './token-routes.js';

const entitlement = new Entitlement(someClient(), ScopeSet.parse('api:partner'));
const address = '/token?scopes=api:partner';

function someConsumer(name = 'order-service'): Consumer {
  return new Consumer(name, [entitlement]);
}

function authorizationFor(consumer: Consumer): Authorization {
  const asked = { scopes: ScopeSet.parse('api:partner'), resources: [] };
  return { route: tokenRoutes[0], asked, request: consumer.request(asked), told: '' };
}

describe('what a consumer has been authorized for', () => {
  it('is found by the very address that asked for it', () => {
    const [authorizations, consumer] = [new Authorizations(), someConsumer()];
    const authorization = authorizationFor(consumer);
    authorizations.remember(consumer, address, authorization);

    expect(authorizations.find(consumer, address)).toBe(authorization);
    for (const other of [`${address}&min_ttl=1`, '/token', `/forward-auth?scopes=api:partner`]) {
      expect(authorizations.find(consumer, other)).toBeUndefined();
    }
  });

  it('is nothing to another consumer, and nothing to the same one of other settings', () => {
    const [authorizations, consumer] = [new Authorizations(), someConsumer()];
    authorizations.remember(consumer, address, authorizationFor(consumer));

    expect(authorizations.find(someConsumer('support-desk'), address)).toBeUndefined();
    expect(authorizations.find(someConsumer(), address)).toBeUndefined();
  });

  it('is forgotten when it was longest not asked for, beyond 200 addresses', () => {
    const [authorizations, consumer] = [new Authorizations(), someConsumer()];
    const authorization = authorizationFor(consumer);
    const remember = (number: number) => authorizations.remember(consumer, `/${number}`, authorization);
    for (let number = 0; number < 200; number++) remember(number);
    authorizations.find(consumer, '/0');

    remember(200);

    const isKnown = (number: number) => authorizations.find(consumer, `/${number}`) !== undefined;
    expect([0, 1, 2, 200].map(isKnown)).toEqual([true, false, true, true]);
  });

  it('is not remembered for an address over 1 KiB', () => {
    const [authorizations, consumer] = [new Authorizations(), someConsumer()];
    for (const [length, isKnown] of [
      [1_024, true],
      [1_025, false],
    ] as const) {
      authorizations.remember(consumer, 'x'.repeat(length), authorizationFor(consumer));
      expect(authorizations.find(consumer, 'x'.repeat(length)) !== undefined).toBe(isKnown);
    }
  });
});
