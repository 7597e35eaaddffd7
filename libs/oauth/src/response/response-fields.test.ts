import { describe, expect, it } from 'vitest';
import type { WireFormat } from '#tokens/model/wire-format.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { someContext, someResponse } from '../../../../test/oauth/some-response.js';
import { processTokenResponse } from './process-token-response.js';

function processed(body: object, wireFormat: WireFormat, headers: Record<string, string> = {}) {
  const request = someClient({ wireFormat }).request(ScopeSet.parse('api:partner create:orders'));
  return processTokenResponse(someResponse(200, body, headers), someContext({ request }));
}

const token = { access_token: 'some-token', token_type: 'Bearer' };

describe('responseFields', () => {
  it('finds fields in objects and lists within the response', () => {
    const body = { data: { token: 'inner', kind: 'Bearer', ttl: '60' }, grants: [{ scopes: 'api:partner' }] };
    const { accessToken, lifetime, scopes } = processed(body, {
      responseFields: {
        access_token: 'data.token',
        token_type: 'data.kind',
        expires_in: 'data.ttl',
        scope: 'grants.0.scopes',
      },
    });
    expect(accessToken.reveal()).toBe('inner');
    expect(lifetime).toBe(60_000);
    expect(String(scopes)).toBe('api:partner');
  });

  it.each([{}, { data: null }, { data: 'text' }, { data: { toString: 1 } }, { data: [] }])(
    'is malformed where the response has no such field: %j',
    (body) => {
      const responseFields = { access_token: 'data.constructor' };
      expect(() => processed({ ...token, ...body }, { responseFields })).toThrow(/it has no access_token/);
    },
  );

  it('names the fields that a response without access_token has', () => {
    expect(() => processed({ jwt: 'not-a-real-token', ttl: 60, 'not a name': 1 }, {})).toThrow(
      /it has no access_token, but jwt, ttl; if one of these contains the token, name it in responseFields/,
    );
  });
});

describe('responseFields.expires_at', () => {
  const responseFields = { expires_at: 'expires' };
  const at = Date.UTC(2026, 0, 1, 0, 10);

  it.each([
    ['seconds since 1970', at / 1_000],
    ['the same in text', String(at / 1_000)],
    ['milliseconds since 1970', at],
    ['the same in text', String(at)],
    ['a date with a zone', '2026-01-01T01:10:00+01:00'],
    ['a date without one', '2026-01-01T00:10:00.000'],
    ['a date with a space', '2026-01-01 00:10:00'],
    ['an HTTP date', 'Thu, 01 Jan 2026 00:10:00 GMT'],
  ])('is read as %s', (_title, expires) => {
    expect(processed({ ...token, expires }, { responseFields }).lifetime).toBe(600_000);
  });

  it('counts by the clock of the server', () => {
    const headers = { date: 'Thu, 01 Jan 2026 00:08:00 GMT' };
    expect(processed({ ...token, expires: at }, { responseFields }, headers).lifetime).toBe(120_000);
  });

  it('gives way to expires_in where it is missing', () => {
    expect(processed({ ...token, expires_in: 30 }, { responseFields }).lifetime).toBe(30_000);
  });

  it.each([
    ['soon', 'is not an instant'],
    [{}, 'is not an instant'],
    [Date.UTC(2025, 0, 1), 'was already in the past when the token was issued'],
  ])('of %j is malformed', (expires, message) => {
    expect(() => processed({ ...token, expires }, { responseFields })).toThrow(`expires_at ${message}`);
  });

  it('is not believed from a response unless the settings name it', () => {
    expect(processed({ ...token, expires_in: 30, expires_at: at }, {}).lifetime).toBe(30_000);
  });
});

describe('scopeSeparator', () => {
  it('separates the granted scopes', () => {
    const scope = 'api:partner, create:orders';
    const { scopes, anomalies } = processed({ ...token, expires_in: 30, scope }, { scopeSeparator: ',' });
    expect(String(scopes)).toBe('api:partner create:orders');
    expect(anomalies).toEqual([]);
  });
});
