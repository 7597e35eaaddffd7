import { describe, expect, it } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { Consumer } from './consumer.js';
import { Entitlement } from './entitlement.js';
import { Grant, GrantCache } from './grant.js';

const consumer = new Consumer('order-service', [
  new Entitlement(someClient(), { scopes: ScopeSet.parse('api:partner') }),
]);

describe('a grant', () => {
  it('is what the consumer asks for, authorized', () => {
    const { request, demand, use } = new Grant(consumer, { resources: [], minTtl: 5_000 });
    expect(String(request.scopes)).toBe('api:partner');
    expect(demand).toEqual({ trigger: 'demand', consumer: 'order-service', minTtl: 5_000 });
    expect(use).toMatchObject({ client: 'rabot', scopes: 'api:partner', count: 0 });
  });

  it('of a consumer that reports a rejected token demands another one', () => {
    const rejected = 'ab'.repeat(32);
    expect(new Grant(consumer, { resources: [], rejected }).demand).toMatchObject({
      trigger: 'rejected',
      rejected,
    });
  });

  it('is refused for what the consumer may not have', () => {
    const scopes = ScopeSet.parse('create:orders');
    expect(() => new Grant(consumer, { scopes, resources: [] })).toThrow('may not have');
  });
});

describe('the grants of a consumer', () => {
  const grant = new Grant(consumer, { resources: [] });

  it('are found by their key, and by no other', () => {
    const grants = new GrantCache();
    grants.set('/token?scopes=a', grant);
    expect(grants.get('/token?scopes=a')).toBe(grant);
    for (const other of ['/token?scopes=a&min_ttl=1', '/token', undefined]) {
      expect(grants.get(other)).toBeUndefined();
    }
  });

  it('are no more than 200: the one that was not used for longest goes first', () => {
    const grants = new GrantCache();
    for (let number = 0; number < 200; number++) grants.set(`/${number}`, grant);
    grants.get('/0');
    grants.set('/200', grant);
    const isCached = (number: number) => grants.get(`/${number}`) !== undefined;
    expect([0, 1, 2, 200].map(isCached)).toEqual([true, false, true, true]);
  });

  it('are not cached by a key over 1 KiB, nor without one', () => {
    const grants = new GrantCache();
    for (const key of ['x'.repeat(1_024), 'x'.repeat(1_025), undefined]) grants.set(key, grant);
    expect(grants.get('x'.repeat(1_024))).toBe(grant);
    expect(grants.get('x'.repeat(1_025))).toBeUndefined();
  });
});
