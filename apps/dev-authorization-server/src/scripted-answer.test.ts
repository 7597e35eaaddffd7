import { describe, expect, it } from 'vitest';
import { type ScriptedAnswer, scriptedAnswer } from './scripted-answer.js';

const date = new Date('2026-11-23T10:00:00Z');

function scripted(script: ScriptedAnswer) {
  const { status, headers, body } = scriptedAnswer(script, date);
  return { status, headers, body: body.toString() };
}

describe('scriptedAnswer', () => {
  it('repeats status, headers and body verbatim', () => {
    const headers = { 'content-type': 'application/x', 'set-cookie': ['a=1', 'b=2'] };
    expect(scripted({ status: 418, headers, body: 'brewing' })).toEqual({
      status: 418,
      headers,
      body: 'brewing',
    });
  });

  it('sends any bytes', () => {
    expect(scriptedAnswer({ base64: '/wDA' }, date).body).toEqual(Buffer.from([0xff, 0x00, 0xc0]));
  });

  it.each([
    [{ error: 'invalid_client' }, 401],
    [{ error: 'invalid_scope' }, 400],
    [{ error: 'invalid_scope', status: 200 }, 200],
    [{ error: 'server_error', status: 500 }, 500],
  ])('makes an OAuth error of %j', (script, status) => {
    const answer = scripted(script);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: script.error });
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
  ])('makes the answer %j', (script, status, headers) => {
    expect(scripted(script)).toMatchObject({ status, headers });
  });
});
