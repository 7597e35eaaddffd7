import { describe, expect, it } from 'vitest';
import { Failure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { Consumer, type TokenRequestParameters } from './consumer.js';
import { Entitlement } from './entitlement.js';

const rabot = someClient();
const other = someClient({ name: 'other' });

function consumerOf(...entitlements: Entitlement[]): Consumer {
  return new Consumer('order-service', entitlements);
}

function failureOf(consumer: Consumer, wish: Omit<TokenRequestParameters, 'resources'>): Failure {
  try {
    consumer.permit({ ...wish, resources: [] });
  } catch (failure) {
    if (failure instanceof Failure) return failure;
  }
  throw new Error('the wish was not refused by a Failure');
}

describe('a consumer', () => {
  const partner = new Entitlement(rabot, { scopes: ScopeSet.parse('api:partner') });
  const orders = new Entitlement(rabot, { scopes: ScopeSet.parse('create:orders') });
  const elsewhere = new Entitlement(other, { scopes: ScopeSet.parse('api:partner') });

  it('need not name its only client', () => {
    const request = consumerOf(partner).permit({ resources: [] }).request;
    expect(request.client).toBe(rabot);
    expect(String(request.scopes)).toBe('api:partner');
  });

  it('gets a token request of the client it names', () => {
    expect(consumerOf(partner, elsewhere).permit({ client: 'other', resources: [] }).request.client).toBe(
      other,
    );
  });

  it('learns the choice when it must name a client', () => {
    expect(failureOf(consumerOf(partner, elsewhere), {})).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('rabot, other'),
    });
    expect(failureOf(consumerOf(), {})).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('none is allowed'),
    });
  });

  it('has what two entries for one client give together, and still one client', () => {
    const request = consumerOf(partner, orders).permit({ resources: [] }).request;
    expect(String(request.scopes)).toBe('api:partner create:orders');
  });

  it('is refused an unknown client as it is refused a forbidden scope', () => {
    const scopes = ScopeSet.parse('create:orders');
    const forbidden = failureOf(consumerOf(partner), { client: 'rabot', scopes });
    const unknown = failureOf(consumerOf(partner), { client: 'unknown', scopes });
    expect(unknown.code).toBe(forbidden.code);
    expect(unknown.message).toBe(
      'order-service may not have the scope create:orders of the client unknown; it may have api:partner of the client rabot; to get more, have its allow list in the settings extended',
    );
    expect(forbidden.message).toBe(
      'order-service may not have the scope create:orders of the client rabot; it may have api:partner of the client rabot; to get more, have its allow list in the settings extended',
    );
    expect(Object.keys(unknown)).toEqual(Object.keys(forbidden));
  });

  it('is refused an unknown client when it names no scopes', () => {
    expect(failureOf(consumerOf(partner), { client: 'unknown' })).toMatchObject({
      code: 'access_denied',
      message: expect.stringContaining('any scope of the client unknown'),
    });
  });

  it('has no client by a name that every object knows', () => {
    expect(failureOf(consumerOf(partner), { client: '__proto__' }).code).toBe('access_denied');
    expect(failureOf(consumerOf(partner), { client: 'constructor' }).code).toBe('access_denied');
  });
});
