import { describe, expect, it } from 'vitest';
import { processTokenResponse } from './token-response.js';
import { TokenBrokerError } from './token-broker-error.js';

const token = {
  access_token: 'not-a-real-token',
  token_type: 'Bearer',
  expires_in: 3600,
  scope: 'api:partner',
  refresh_in: 2900,
};

function judge(status: number, body: object | string, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return processTokenResponse({ status, headers: new Headers(headers), body: text });
}

function failureOf(...[status, body, headers]: Parameters<typeof judge>): TokenBrokerError {
  try {
    judge(status, body, headers);
  } catch (error) {
    if (error instanceof TokenBrokerError) return error;
    throw error;
  }
  throw new Error('it was taken for a token');
}

describe('a response of the broker', () => {
  it('is a token', () => {
    expect(judge(200, token)).toEqual({
      accessToken: 'not-a-real-token',
      expiresIn: 3600,
      scope: 'api:partner',
      refreshIn: 2900,
    });
    expect(judge(200, { ...token, refresh_in: undefined })).toMatchObject({ refreshIn: 2880 });
  });

  it.each([
    ['{', 'is no JSON'],
    ['null', 'is nothing'],
    [{ ...token, access_token: 'not a real token' }, 'cannot stand in a header'],
    [{ ...token, access_token: '' }, 'is empty'],
    [{ ...token, access_token: undefined }, 'has no token'],
    [{ ...token, token_type: 'DPoP' }, 'is of another type'],
    [{ ...token, expires_in: '3600' }, 'has a text for its life'],
    [{ ...token, expires_in: -1 }, 'is over'],
  ] as [object | string, string][])('%j is none: it %s', (body) => {
    const failure = failureOf(200, body);
    expect(failure).toMatchObject({ code: 'unexpected_answer', status: 200 });
    expect(failure.message).not.toContain('not');
  });

  it.each([
    [400, 'invalid_request', false],
    [400, 'invalid_scope', false],
    [401, 'invalid_client', false],
    [403, 'access_denied', false],
    [429, 'slow_down', true],
    [502, 'upstream_rejected', false],
    [502, 'upstream_malformed', true],
    [503, 'temporarily_unavailable', true],
  ])('%i %s is that failure; that it passes is %j', (status, error, isTransient) => {
    const failure = failureOf(status, { error, error_description: 'do this', upstream_error: 'that' });
    expect(failure).toMatchObject({
      code: error,
      status,
      description: 'do this',
      upstreamError: 'that',
      isTransient,
    });
  });

  it.each([
    [404, '<html>', false],
    [302, '', false],
    [502, '<html>', true],
    [503, { error: 'something_else' }, true],
    [408, '', true],
  ])('%i %j is not from a broker; that it passes is %j', (status, body, isTransient) => {
    expect(failureOf(status, body)).toMatchObject({ code: 'unexpected_answer', status, isTransient });
  });

  it.each([
    ['7', undefined, 7],
    ['0', undefined, undefined],
    ['soon', undefined, undefined],
    ['-1', undefined, undefined],
    ['Mon, 23 Nov 2026 10:00:30 GMT', 'Mon, 23 Nov 2026 10:00:00 GMT', 30],
    ['Mon, 23 Nov 2026 10:00:00 GMT', 'Mon, 23 Nov 2026 10:00:00 GMT', undefined],
    ['Mon, 23 Nov 2026 10:00:30 GMT', undefined, undefined],
  ])('with Retry-After %j and Date %j means a delay of %j seconds', (retryAfter, date, expected) => {
    const headers = { 'retry-after': retryAfter, ...(date === undefined ? {} : { date }) };
    expect(failureOf(503, '', headers).retryAfter).toBe(expected);
  });
});
