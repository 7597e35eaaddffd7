import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someResponse, someContext, tokenResponse } from '../../../../test/oauth/some-response.js';
import { someClient } from '#test/the.js';
import type { HttpResponse } from '#http/http-response.js';
import { processTokenResponse } from './process-token-response.js';

const hour = 3_600_000;
const now = someContext().wallTime;

function process(fields: Record<string, unknown>) {
  return processTokenResponse(tokenResponse(fields), someContext());
}

function failureOf(answer: HttpResponse): UpstreamFailure {
  try {
    processTokenResponse(answer, someContext());
  } catch (error) {
    if (error instanceof UpstreamFailure) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function jwt(claims: Record<string, unknown>): string {
  return `${base64url({ alg: 'RS256' })}.${base64url(claims)}.c2ln`;
}

describe('processTokenResponse', () => {
  it('gives the token, the scopes asked for, and a life that starts at the sending', () => {
    const answer = process({});

    expect(answer.accessToken.reveal()).toBe('some-token');
    expect(answer).toMatchObject({ sentAt: 5_000, lifetime: hour, refreshIn: undefined, anomalies: [] });
    expect(String(answer.scopes)).toBe('api:partner create:orders');
  });

  describe('expires_in', () => {
    it.each([undefined, null])('missing or null: the default lifetime, counted (%s)', (value) => {
      expect(process({ expires_in: value })).toMatchObject({
        lifetime: 300_000,
        anomalies: ['lifetime_assumed'],
      });
    });

    it.each([
      ['at most its exp - iat', { iat: 1000, exp: 1060 }, 60_000],
      ['not more than the default', { iat: 1000, exp: 9000 }, 300_000],
      ['the default when neither it nor a Date says', { exp: 1060 }, 300_000],
      ['the default when its claims are odd', { iat: 'yesterday', exp: {} }, 300_000],
      ['whole seconds of a fraction', { iat: 1000.5, exp: 1060 }, 59_000],
    ])('missing with a JWT: %s', (_title, claims, lifetime) => {
      expect(process({ expires_in: undefined, access_token: jwt(claims) })).toMatchObject({ lifetime });
    });

    it.each([
      ['digits in a string', '3600', hour],
      ['digits in a string with white space around', ' 3600\n', hour],
      ['a fraction in a string, floored (120.5)', '120.5', 120_000],
      ['a float, floored', 3599.9, 3_599_000],
      ['a life below 10 s', 5, 5_000],
    ])('%s is accepted', (_title, value, lifetime) => {
      expect(process({ expires_in: value })).toMatchObject({ lifetime, anomalies: [] });
    });

    it.each([86_401, 1e300, '9999999999', '99999999999', 2_147_483_647])(
      'huge is capped at 24 h and counted (%s)',
      (value) => {
        expect(process({ expires_in: value })).toMatchObject({
          lifetime: 24 * hour,
          anomalies: ['lifetime_capped'],
        });
      },
    );

    it('beyond every number is capped too', () => {
      const body = '{"access_token":"t","token_type":"Bearer","expires_in":1e999}';
      expect(processTokenResponse(someResponse(200, body), someContext()).lifetime).toBe(24 * hour);
    });

    it.each([
      ['seconds', now / 1_000 + 60],
      ['seconds in a string', String(now / 1_000 + 60)],
      ['milliseconds', now + 60_000],
    ])('that is an instant counts until then: %s since 1970', (_title, value) => {
      expect(process({ expires_in: value })).toMatchObject({ lifetime: 60_000, anomalies: [] });
    });

    it.each([
      ['expires_on in a string (Entra v1)', { expires_on: String(now / 1_000 + 120) }],
      ['expires_at in seconds', { expires_at: now / 1_000 + 120 }],
      ['expires_at in milliseconds', { expires_at: now + 120_000 }],
      ['expires_at as a date', { expires_at: '2026-01-01T00:02:00Z' }],
    ])('missing: the instant of the end counts, and nothing is assumed: %s', (_title, fields) => {
      expect(process({ expires_in: undefined, ...fields })).toMatchObject({
        lifetime: 120_000,
        anomalies: [],
      });
    });

    it.each([{ expires_at: 'soon' }, { expires_on: 7 }, { expires_at: now / 1_000 - 1 }, { expires_at: {} }])(
      'missing, and an end that is none or over: the default lifetime (%j)',
      (fields) => {
        expect(process({ expires_in: undefined, ...fields })).toMatchObject({
          lifetime: 300_000,
          anomalies: ['lifetime_assumed'],
        });
      },
    );

    it('is shortened to the end by the clock of the server, where a cached token comes with a full life', () => {
      const body = {
        access_token: 't',
        token_type: 'Bearer',
        expires_in: 3600,
        expires_on: now / 1_000 + 90,
      };
      const date = new Date(now).toUTCString();
      expect(processTokenResponse(someResponse(200, body, { date }), someContext())).toMatchObject({
        lifetime: 90_000,
        anomalies: ['lifetime_shortened'],
      });
      expect(processTokenResponse(someResponse(200, body), someContext()).lifetime).toBe(hour);
    });

    it('of 24 h is not capped', () => {
      expect(process({ expires_in: 86_400 })).toMatchObject({ lifetime: 24 * hour, anomalies: [] });
    });

    it.each([
      0,
      '0',
      0.9,
      -1,
      -0.5,
      '-1',
      '',
      ' ',
      '1e3',
      '3600.',
      '9'.repeat(21),
      '3600s',
      'PT1H',
      '2026-01-01T01:00:00Z',
      'soon',
      true,
      [],
      [3600],
      {},
    ])('no second, negative or of another form is malformed (%j)', (value) => {
      expect(failureOf(tokenResponse({ expires_in: value })).reason).toBe('malformed');
    });
  });

  describe('a JWT', () => {
    it('bounds the life whatever expires_in says (milliseconds instead of seconds), and is counted', () => {
      const accessToken = jwt({ iat: 1000, exp: 1020 });
      expect(process({ access_token: accessToken, expires_in: 20_000 })).toMatchObject({
        lifetime: 20_000,
        anomalies: ['lifetime_shortened'],
      });
    });

    it('that lives as long as expires_in says is no anomaly', () => {
      const accessToken = jwt({ iat: 1000, exp: 4600 });
      expect(process({ access_token: accessToken, expires_in: 3600 }).anomalies).toEqual([]);
    });

    it('without iat bounds the life by the Date of the response', () => {
      const date = 'Mon, 23 Nov 2026 10:00:00 GMT';
      const exp = Date.parse(date) / 1000 + 60;
      const body = { access_token: jwt({ exp }), token_type: 'Bearer', expires_in: 3600 };
      expect(processTokenResponse(someResponse(200, body, { date }), someContext())).toMatchObject({
        lifetime: 60_000,
        anomalies: ['lifetime_shortened'],
      });
    });

    it.each([
      ['exp in milliseconds', { iat: 1_000, exp: 1e12 + 60_000 }, 24 * hour],
      ['iat and exp in milliseconds', { iat: 1e12, exp: 1e12 + 60_000 }, 60_000],
      ['iat in milliseconds', { iat: 1e12, exp: 1e9 + 60 }, 60_000],
      ['digits in strings', { iat: '1000', exp: '1060' }, 60_000],
      ['no exp', { iat: 1_000 }, 24 * hour],
      ['exp 0', { iat: 1_000, exp: 0 }, 24 * hour],
      ['a negative exp', { exp: -1 }, 24 * hour],
      ['an exp beyond every instant', { exp: 1e300 }, 24 * hour],
      ['an exp that is no number', { exp: ['1060'] }, 24 * hour],
    ])('bounds the life by claims in whatever form: %s', (_title, claims, lifetime) => {
      expect(process({ access_token: jwt(claims), expires_in: 86_400 })).toMatchObject({ lifetime });
    });

    it('without iat bounds the life by our own clock where the response has no Date', () => {
      const exp = now / 1_000 + 20;
      expect(process({ access_token: jwt({ exp }), expires_in: 20_000 })).toMatchObject({
        lifetime: 20_000,
        anomalies: ['lifetime_shortened'],
      });
    });

    it.each([
      ['the Date of the response', { date: new Date(now).toUTCString() }],
      ['our own clock', {}],
    ])('that was issued before is good for what is left by %s', (_title, headers) => {
      const seconds = now / 1_000;
      const token = jwt({ iat: seconds - 3_000, exp: seconds + 600 });
      const response = someResponse(200, { access_token: token, expires_in: 3600 }, headers);
      expect(processTokenResponse(response, someContext()).lifetime).toBe(600_000);
    });

    it('of a server whose clock is off lives as long as it says of itself', () => {
      const seconds = now / 1_000;
      for (const start of [seconds - 7_200, seconds + 7_200, seconds - 2]) {
        const token = jwt({ iat: start, exp: start + 3_600 });
        expect(process({ access_token: token, expires_in: 3_600 })).toMatchObject({
          lifetime: hour,
          anomalies: [],
        });
      }
    });

    it.each([
      ['before its issue', { iat: 1000, exp: 900 }],
      ['at its issue', { iat: 1000, exp: 1000.5 }],
    ])('that expires %s is no token', (_title, claims) => {
      expect(failureOf(tokenResponse({ access_token: jwt(claims) })).reason).toBe('malformed');
    });
  });

  describe('refresh_in', () => {
    it.each([
      [1800, 1_800_000],
      ['1800', 1_800_000],
      [0.5, 500],
      [1e300, 24 * hour],
      [0, undefined],
      [-1, undefined],
      ['soon', undefined],
      [null, undefined],
    ])('%j is read in seconds, and left out when it says nothing', (value, refreshIn) => {
      expect(process({ refresh_in: value }).refreshIn).toBe(refreshIn);
    });
  });

  describe('token_type', () => {
    it.each(['Bearer', 'bearer', 'BEARER'])('%s is Bearer whatever its case', (tokenType) => {
      expect(process({ token_type: tokenType }).lifetime).toBe(hour);
    });

    it.each([undefined, null, '', ' '])('missing means Bearer, and is counted (Shopify; %j)', (tokenType) => {
      expect(process({ token_type: tokenType }).anomalies).toEqual(['token_type_assumed']);
    });

    it.each(['BearerToken', 'access_token', 'JWT'])(
      '%s is accepted where the settings of the client accept it, and else the message names that setting',
      (tokenType) => {
        const client = someClient({ acceptTokenTypes: [tokenType.toUpperCase()] });
        const request = client.request(ScopeSet.parse('api:partner'));
        const response = tokenResponse({ token_type: tokenType });
        expect(processTokenResponse(response, someContext({ request })).anomalies).not.toContain(
          'token_type_assumed',
        );
        expect(failureOf(response)).toMatchObject({
          reason: 'malformed',
          message: expect.stringContaining(
            `, but ${tokenType}; if its tokens are used as Bearer tokens, add`,
          ),
        });
      },
    );

    it.each(['DPoP', 'mac', 'MAC', 'N_A', 'PoP', 'unknown', 7, ['Bearer']])(
      '%j is malformed, even where the settings accept it, when it needs more than a header',
      (tokenType) => {
        const client = someClient({ acceptTokenTypes: ['dpop', 'mac', 'n_a', 'pop'] });
        const context = someContext({ request: client.request(ScopeSet.parse('api:partner')) });
        expect(() => processTokenResponse(tokenResponse({ token_type: tokenType }), context)).toThrow(
          expect.objectContaining({ reason: 'malformed' }),
        );
      },
    );
  });

  describe('scope', () => {
    it.each([undefined, null])('absent: as requested (%s)', (scope) => {
      const { scopes, anomalies } = process({ scope });
      expect(String(scopes)).toBe('api:partner create:orders');
      expect(anomalies).toEqual([]);
    });

    it('reordered or repeated is the same set', () => {
      expect(process({ scope: 'create:orders  api:partner create:orders' }).anomalies).toEqual([]);
    });

    it.each([
      ['narrower', 'api:partner', 'api:partner'],
      ['wider', 'a api:partner create:orders', 'a api:partner create:orders'],
      ['empty', '', ''],
      [
        'with an illegible one, which is left out',
        'api:partner create:orders "é"',
        'api:partner create:orders',
      ],
    ])('%s is what was granted, and is counted', (_title, scope, granted) => {
      const { scopes, anomalies } = process({ scope });
      expect(String(scopes)).toBe(granted);
      expect(anomalies).toEqual(['scope_differs']);
    });

    it('as a list of strings is read like one string', () => {
      expect(process({ scope: ['create:orders', 'api:partner'] }).anomalies).toEqual([]);
    });

    it('is the default of the authorization server where none was requested, and no anomaly', () => {
      const request = someClient().request(ScopeSet.empty);
      const { scopes, anomalies } = processTokenResponse(
        tokenResponse({ scope: 'default' }),
        someContext({ request }),
      );
      expect(String(scopes)).toBe('default');
      expect(anomalies).toEqual([]);
    });

    it('over 4 KiB is malformed', () => {
      expect(failureOf(tokenResponse({ scope: 'x'.repeat(140_000) })).reason).toBe('malformed');
      const scopes = Array.from({ length: 2_000 }, (_, n) => `s${n}`);
      expect(failureOf(tokenResponse({ scope: scopes })).reason).toBe('malformed');
    });

    it.each([1, true, {}, [1]])('of another type is malformed (%j)', (scope) => {
      expect(failureOf(tokenResponse({ scope })).reason).toBe('malformed');
    });
  });

  describe('access_token', () => {
    it.each([
      ['missing', undefined],
      ['null', null],
      ['not a string', 7],
      ['empty', ''],
      ['with a space', 'a b'],
      ['with a line break (header injection)', 'a\r\nx-admin: 1'],
      ['not ASCII', 'tokén'],
      ['over 64 KiB', 'a'.repeat(65_537)],
    ])('%s is malformed', (_title, accessToken) => {
      expect(failureOf(tokenResponse({ access_token: accessToken })).reason).toBe('malformed');
    });

    it('of 64 KiB is accepted', () => {
      expect(process({ access_token: '~'.repeat(65_536) }).accessToken.reveal()).toHaveLength(65_536);
    });
  });

  it('drops refresh_token and every unknown field', () => {
    const answer = process({ refresh_token: 'not-a-real-secret', id_token: 'x', constructor: 'x' });

    expect(Object.keys(answer).toSorted()).toEqual(
      ['accessToken', 'lifetime', 'anomalies', 'refreshIn', 'scopes', 'sentAt'].toSorted(),
    );
  });

  it('takes no field from __proto__, and the last of duplicate fields', () => {
    const proto =
      '{"__proto__":{"access_token":"x","error":"x"},"token_type":"Bearer","expires_in":1,"expires_in":2}';
    expect(failureOf(someResponse(200, proto)).reason).toBe('malformed');
    const whole = proto.replace('{"__proto__"', '{"access_token":"a","__proto__"');
    expect(processTokenResponse(someResponse(200, whole), someContext()).lifetime).toBe(2_000);
  });

  it.each([
    ['an error that is not a string', 200, { access_token: 'a', token_type: 'Bearer', error: { code: 1 } }],
    ['an empty object as error', 200, { access_token: 'a', token_type: 'Bearer', error: {} }],
    ['an error that is true', 200, { access_token: 'a', token_type: 'Bearer', error: true }],
    ['an empty body', 200, ''],
    ['HTML', 200, '<!doctype html><title>Log in</title>'],
    ['not JSON', 200, '{"access_token":'],
    ['a form', 200, 'access_token=a&token_type=bearer'],
    ['a JSON list', 200, '[]'],
    ['JSON null', 200, 'null'],
    ['invalid UTF-8 and no token', 200, Buffer.from('7b22c328223a317d', 'hex')],
    ['nesting without end', 200, '['.repeat(200_000)],
    ['a body over 256 KiB', 200, `{"access_token":"a","token_type":"Bearer"}${' '.repeat(262_144)}`],
    ['206', 206, { access_token: 'a', token_type: 'Bearer' }],
    ['204', 204, ''],
    ['a status that is none', 999, ''],
  ])('%s is malformed and may be tried again', (_title, status, body) => {
    expect(failureOf(someResponse(status, body))).toMatchObject({
      reason: 'malformed',
      code: 'upstream_malformed',
    });
  });

  it.each([null, ''])('takes error %j beside a token for no error', (error) => {
    expect(process({ error }).lifetime).toBe(hour);
  });

  it.each([201, 202, 203])('accepts a whole token response of status %i', (status) => {
    const body = { access_token: 'a', token_type: 'Bearer', expires_in: 3600 };
    expect(processTokenResponse(someResponse(status, body), someContext()).lifetime).toBe(hour);
  });

  it.each([
    ['bad_verification_code', 'request_refused'],
    ['incorrect_client_credentials', 'client_refused'],
    ['invalid_client', 'client_refused'],
    ['invalid_scope', 'scope_refused'],
    ['temporarily_unavailable', 'unavailable'],
  ])('200 with the error %s (GitHub, Slack) counts as the 4xx of that code', (error, reason) => {
    expect(failureOf(someResponse(200, { error }))).toMatchObject({ reason, upstreamError: error });
    expect(failureOf(tokenResponse({ error }))).toMatchObject({ reason, upstreamError: error });
  });

  it.each([
    ['ISO-8859-1, as declared', 'application/json; charset=ISO-8859-1'],
    ['ISO-8859-1, not declared', 'application/json'],
    ['ISO-8859-1, declared as an unknown charset', 'application/json; charset=none'],
  ])('reads its fields beside one that is %s', (_title, contentType) => {
    const body = Buffer.from(
      '{"access_token":"a","token_type":"Bearer","expires_in":3600,"company":"M\u00fcller"}',
      'latin1',
    );
    const response = someResponse(200, body, { 'content-type': contentType });
    expect(processTokenResponse(response, someContext()).lifetime).toBe(hour);
  });

  it.each([false, 0, '', null, []])('an error of %j beside a token is none', (error) => {
    expect(process({ error }).lifetime).toBe(hour);
  });

  it.each([
    ['UTF-16, little endian, with a BOM', '\ufeff', (text: string) => Buffer.from(text, 'utf16le'), ''],
    ['UTF-16, big endian', '', (text: string) => Buffer.from(text, 'utf16le').swap16(), ''],
    ['UTF-8 with a BOM', '\ufeff', (text: string) => Buffer.from(text), ''],
    ['UTF-8 that is said to be UTF-16', '', (text: string) => Buffer.from(text), ';charset=utf-16'],
    [
      'a charset in single quotes',
      '',
      (text: string) => Buffer.from(text, 'latin1'),
      ";charset='iso-8859-1'",
    ],
  ])('reads %s', (_title, bom, encode, charset) => {
    const body = encode(`${bom}{"access_token":"a","token_type":"Bearer","expires_in":3600}`);
    const response = someResponse(200, body, { 'content-type': `application/json${charset}` });
    expect(processTokenResponse(response, someContext()).lifetime).toBe(hour);
  });

  it.each([
    [{ errcode: 40_013, errmsg: 'the words' }, 'it has no access_token, but errcode, errmsg; if'],
    [{ success: false, message: 'the words' }, 'it has no access_token, but success, message; if'],
    [{ error: { code: 401, message: 'the words' } }, 'it holds an error that is not a string'],
  ])('quotes what a server says in a form of its own: %j', (body, fault) => {
    const { message } = failureOf(someResponse(200, body));
    expect(message).toContain(fault);
    expect(message).toContain(', and says: the words (');
  });

  it('says only length, type and hash of a body that is no token response', () => {
    const body = 'access_token=some-token&token_type=bearer';
    const { message, upstreamError, cause } = failureOf(
      someResponse(200, body, { 'content-type': 'text/plain; charset=utf-8' }),
    );

    expect(message).toContain('41 bytes of text/plain, SHA-256 ');
    expect(message).toContain('auth.example');
    expect(message).toContain('client rabot');
    expect(message).not.toContain('some-token');
    expect(upstreamError).toBeUndefined();
    expect(cause).toBeUndefined();
  });

  it('does not repeat a content type that is none', () => {
    const answer = someResponse(200, '', { 'content-type': 'not-a-real-secret' });
    expect(failureOf(answer).message).toContain('0 bytes of unknown type');
  });

  it('throws nothing but UpstreamFailure, whatever the status, headers and bytes', () => {
    const headers = fc.dictionary(
      fc.constantFrom('content-type', 'retry-after', 'date', 'location'),
      fc.string({ unit: 'binary-ascii' }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '')),
    );
    const status = fc.oneof(fc.constant(200), fc.integer({ min: 100, max: 999 }), fc.integer());
    const body = fc.oneof(fc.uint8Array(), fc.json(), fc.string());
    fc.assert(
      fc.property(status, headers, body, (...[code, head, content]) => {
        expect(onlyUpstreamFailure(someResponse(code, content, head))).toBe(true);
      }),
    );
  });

  it('throws nothing but UpstreamFailure, whatever the fields hold', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.double(),
      fc.constantFrom('Bearer', '3600', 'eyJhbGciOiJub25lIn0.e30.', jwt({ exp: 1e300, iat: -1e300 })),
    );
    const names = fc.constantFrom(
      'access_token',
      'token_type',
      'expires_in',
      'scope',
      'refresh_in',
      'error',
      'error_description',
      '__proto__',
    );
    const status = fc.constantFrom(200, 200, 302, 400, 401, 429, 503);
    fc.assert(
      fc.property(status, fc.dictionary(names, odd), fc.boolean(), (code, fields, good) => {
        const base = good ? { access_token: 'a', token_type: 'Bearer' } : {};
        expect(onlyUpstreamFailure(someResponse(code, JSON.stringify({ ...base, ...fields })))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

function onlyUpstreamFailure(answer: HttpResponse): boolean {
  try {
    const { lifetime } = processTokenResponse(answer, someContext());
    return lifetime >= 1_000 && lifetime <= 24 * hour;
  } catch (error) {
    return error instanceof UpstreamFailure;
  }
}
