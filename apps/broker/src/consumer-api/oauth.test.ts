import { AccessDenied, type DeniedPart } from '#consumers/access-denied.js';
import { Failure, UpstreamFailure } from '#tokens/model/failures.js';
import { describe, expect, it } from 'vitest';
import { failureResponse } from '../core/failure-response.js';
import { oauthErrorResponse, UnsupportedGrantType } from './oauth.js';

function asOAuth(failure: Failure) {
  return oauthErrorResponse(failure, failureResponse(failure));
}

const invalidTarget = { upstreamError: 'invalid_target' };

const denied = (part: DeniedPart) => new AccessDenied({ part, what: 'it', name: 'a', allowed: [] });

describe('a failure at the OAuth endpoints', () => {
  it.each([
    [denied('client'), 'unauthorized_client'],
    [denied('scope'), 'invalid_scope'],
    [denied('resource'), 'invalid_target'],
    [new UnsupportedGrantType(), 'unsupported_grant_type'],
    [new UpstreamFailure('scope_refused', 'no', invalidTarget), 'invalid_target'],
    [new UpstreamFailure('scope_refused', 'no', { upstreamError: 'invalid_scope' }), 'invalid_scope'],
    [new Failure('invalid_request', 'no'), 'invalid_request'],
  ])('%s is a 400 in the words of RFC 6749 §5.2 or RFC 8707 §2: %s', (failure, error) => {
    const { status, body } = asOAuth(failure);
    expect({ status, ...body }).toMatchObject({ status: 400, error, error_description: failure.message });
  });

  it('asks for Basic where the broker itself would ask for Bearer', () => {
    const { status, headers, body } = asOAuth(new Failure('invalid_client', 'no'));
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect(headers['www-authenticate']).toBe('Basic realm="token-broker", charset="UTF-8"');
  });

  it.each([
    new UpstreamFailure('client_refused', 'no', { upstreamError: 'invalid_client', retryAfter: 7_000 }),
    new UpstreamFailure('request_refused', 'no', { ...invalidTarget, retryAfter: 7_000 }),
    new UpstreamFailure('malformed', 'no'),
    new UpstreamFailure('unavailable', 'no', { retryAfter: 7_000 }),
    new Failure('slow_down', 'no', { retryAfter: 7_000 }),
  ])('$code keeps its status, headers and words: the standard has none for it', (failure) => {
    expect(asOAuth(failure)).toEqual(failureResponse(failure));
  });

  it('keeps when to ask again, and the code of the authorization server', () => {
    const failure = new UpstreamFailure('scope_refused', 'no', { ...invalidTarget, retryAfter: 60_000 });
    const { headers, body } = asOAuth(failure);
    expect([headers['retry-after'], body.upstream_error]).toEqual(['60', 'invalid_target']);
  });
});
