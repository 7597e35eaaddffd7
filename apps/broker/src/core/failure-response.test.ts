import { describe, expect, it } from 'vitest';
import {
  Failure,
  type FailureCode,
  UpstreamFailure,
  type UpstreamFailureReason,
} from '#tokens/model/failures.js';
import { failureResponse } from './failure-response.js';

const statuses: Record<FailureCode, number> = {
  invalid_request: 400,
  invalid_scope: 400,
  invalid_client: 401,
  access_denied: 403,
  slow_down: 429,
  upstream_rejected: 502,
  upstream_malformed: 502,
  temporarily_unavailable: 503,
};

describe('the answer to a failure', () => {
  it.each(Object.entries(statuses) as [FailureCode, number][])('of %s has status %i', (code, status) => {
    const answer = failureResponse(new Failure(code, 'what to do next'));
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: code, error_description: 'what to do next' });
  });

  it('asks for a credential with 401, and with nothing else', () => {
    for (const code of Object.keys(statuses) as FailureCode[]) {
      const challenge = failureResponse(new Failure(code, '')).headers['www-authenticate'];
      expect(challenge).toBe(code === 'invalid_client' ? 'Bearer realm="token-broker"' : undefined);
    }
  });

  it('counts the time to wait in whole seconds, at least one, and never too few', () => {
    const waits = [0, 1, 999, 1_000, 1_001, 59_999.5].map((retryAfter) => {
      const failure = new Failure('slow_down', '', { retryAfter });
      return failureResponse(failure).headers['retry-after'];
    });
    expect(waits).toEqual(['1', '1', '1', '1', '2', '60']);
  });

  it('says nothing of waiting when that is of no use', () => {
    expect(failureResponse(new Failure('access_denied', '')).headers).toEqual({});
  });

  it('carries the code of the authorization server, and is never 401 for what it refuses', () => {
    const reasons: UpstreamFailureReason[] = [
      'client_refused',
      'wrong_endpoint',
      'scope_refused',
      'request_refused',
      'unavailable',
      'throttled',
      'malformed',
      'unchanged',
      'budget_used_up',
    ];
    for (const reason of reasons) {
      const { status, headers, body } = failureResponse(
        new UpstreamFailure(reason, '', { upstreamError: 'invalid_client' }),
      );
      expect([400, 502, 503]).toContain(status);
      expect(headers).not.toHaveProperty('www-authenticate');
      expect(body.upstream_error).toBe('invalid_client');
    }
  });

  it('says nothing of the cause', () => {
    const failure = new Failure('temporarily_unavailable', 'ask again', {
      cause: new Error('not-a-real-secret'),
    });
    expect(JSON.stringify(failureResponse(failure))).not.toContain('not-a-real-secret');
  });
});
