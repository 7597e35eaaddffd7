import { describe, expect, it } from 'vitest';
import type { Effects } from './misbehaviour.js';
import { tokenAnswer } from './token-answer.js';

const issued = {
  outcome: 'issued',
  status: 200,
  headers: {},
  fields: { access_token: 'not-a-real-token', token_type: 'Bearer', expires_in: 3599 },
};

function bodyWith(effects: Effects): string {
  return tokenAnswer(issued, effects).body.toString();
}

describe('tokenAnswer', () => {
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
    const answer = tokenAnswer(issued, { form: true });
    expect(answer.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(new URLSearchParams(answer.body.toString()).get('token_type')).toBe('Bearer');
  });

  it('leaves refusals alone', () => {
    const refusal = {
      outcome: 'invalid_scope',
      status: 400,
      headers: {},
      fields: { error: 'invalid_scope' },
    };
    const answer = tokenAnswer(refusal, { fields: { access_token: 'x' }, form: true });
    expect(answer.body.toString()).toBe('{"error":"invalid_scope"}');
  });
});
