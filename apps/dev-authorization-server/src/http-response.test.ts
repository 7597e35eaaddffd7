import { describe, expect, it } from 'vitest';
import { scriptedResponse, tokenResponse } from './http-response.js';
import type { Effects, ScriptedResponse } from './misbehaviour.js';

const date = new Date('2026-11-23T10:00:00Z');

function scripted(script: ScriptedResponse) {
  const { status, headers, body } = scriptedResponse(script, date);
  return { status, headers, body: body.toString() };
}

describe('scriptedResponse', () => {
  it('repeats status, headers and body verbatim', () => {
    const headers = { 'content-type': 'application/x', 'set-cookie': ['a=1', 'b=2'] };
    expect(scripted({ status: 418, headers, body: 'brewing' })).toEqual({
      status: 418,
      headers,
      body: 'brewing',
    });
  });

  it('sends any bytes', () => {
    expect(scriptedResponse({ base64: '/wDA' }, date).body).toEqual(Buffer.from([0xff, 0x00, 0xc0]));
  });

  it.each([
    [{ error: 'invalid_client' }, 401],
    [{ error: 'invalid_scope' }, 400],
    [{ error: 'invalid_scope', status: 200 }, 200],
    [{ error: 'server_error', status: 500 }, 500],
  ])('makes an OAuth error of %j', (script, status) => {
    const response = scripted(script);
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body)).toMatchObject({ error: script.error });
  });

  it.each([
    [{}, 200, {}],
    [{ status: 503 }, 503, {}],
    [{ html: true, status: 502 }, 502, { 'content-type': 'text/html; charset=utf-8' }],
    [{ json: [1] }, 200, { 'content-type': 'application/json' }],
    [{ redirectTo: 'https://elsewhere.example/' }, 302, { location: 'https://elsewhere.example/' }],
    [{ retryAfter: 30 }, 429, { 'retry-after': '30' }],
    [{ retryAfter: 'soon', status: 503 }, 503, { 'retry-after': 'soon' }],
    [{ retryAfterDate: 90 }, 429, { 'retry-after': 'Mon, 23 Nov 2026 10:01:30 GMT' }],
  ])('makes the response %j', (script, status, headers) => {
    expect(scripted(script)).toMatchObject({ status, headers });
  });
});

const issued = {
  outcome: 'issued',
  status: 200,
  headers: {},
  fields: { access_token: 'not-a-real-token', token_type: 'Bearer', expires_in: 3599 },
};

function bodyWith(effects: Effects): string {
  return tokenResponse(issued, effects).body.toString();
}

describe('tokenResponse', () => {
  it.each([null, '3600', 0, -1, 5, 12.7, 1e12])('puts any value in the place of a field: %s', (value) => {
    expect(JSON.parse(bodyWith({ fields: { expires_in: value } }))).toEqual({
      ...issued.fields,
      expires_in: value,
    });
  });

  it.each(['a\r\nb', 'x'.repeat(70 * 1024), 17])('puts in any access token', (value) => {
    expect(JSON.parse(bodyWith({ fields: { access_token: value } }))).toMatchObject({ access_token: value });
  });

  it('adds fields and takes some out', () => {
    const body = bodyWith({ fields: { refresh_in: 9 }, withoutFields: ['expires_in', 'token_type'] });
    expect(JSON.parse(body)).toEqual({ access_token: 'not-a-real-token', refresh_in: 9 });
  });

  it('sends a duplicate field', () => {
    expect(bodyWith({ rawFields: '"expires_in":5' })).toMatch(/"expires_in":3599,"expires_in":5}$/);
  });

  it('sends raw fields alone when no other is left', () => {
    const names = Object.keys(issued.fields);
    expect(bodyWith({ withoutFields: names, rawFields: '"a":1' })).toBe('{"a":1}');
  });

  it('sends a field named __proto__', () => {
    const fields = JSON.parse('{"__proto__":{"admin":true}}') as Record<string, unknown>;
    expect(bodyWith({ fields })).toContain('"__proto__":{"admin":true}');
  });

  it('form-encodes', () => {
    const response = tokenResponse(issued, { form: true });
    expect(response.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(new URLSearchParams(response.body.toString()).get('token_type')).toBe('Bearer');
  });

  it.each([201, 202, 203])('sends a token with status %s', (status) => {
    expect(tokenResponse(issued, { status })).toMatchObject({ status, body: expect.any(Buffer) });
  });

  it('leaves refusals alone', () => {
    const refusal = {
      outcome: 'invalid_scope',
      status: 400,
      headers: {},
      fields: { error: 'invalid_scope' },
    };
    const response = tokenResponse(refusal, { fields: { access_token: 'x' }, form: true });
    expect(response.body.toString()).toBe('{"error":"invalid_scope"}');
  });
});
