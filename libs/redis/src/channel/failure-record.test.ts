import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { failureRecord, parseFailureRecord } from './failure-record.js';

describe('the record of a failure', () => {
  it('holds all that consumers see, and nothing of its cause', () => {
    const failure = new UpstreamFailure('scope_refused', 'the scope read is refused', {
      upstreamError: 'invalid_scope',
      retryAfter: 60_000,
      cause: new Error('not-a-real-secret'),
    });
    const record = failureRecord(failure);
    expect(record).not.toContain('not-a-real-secret');
    const parsed = parseFailureRecord(record);
    expect(parsed).toBeInstanceOf(UpstreamFailure);
    const { reason, code, message, upstreamError, retryAfter } = failure;
    expect(parsed).toMatchObject({ reason, code, message, upstreamError, retryAfter });
  });

  it('names a wrong endpoint in words that version 0.1.0 knows, and reads what that version has written', () => {
    const record = failureRecord(new UpstreamFailure('wrong_endpoint', 'it redirects'));
    expect(JSON.parse(record)).toMatchObject({ reason: 'client_refused' });
    expect(parseFailureRecord(record)).toMatchObject({ reason: 'wrong_endpoint', cooldownScope: 'client' });
    const before = '{"reason":"client_refused","message":"it redirects"}';
    expect(parseFailureRecord(before)).toMatchObject({ reason: 'client_refused' });
    const forged = '{"reason":"unavailable","kind":"wrong_endpoint","message":"it is down"}';
    expect(parseFailureRecord(forged)).toMatchObject({ reason: 'unavailable' });
  });

  it('may lack what the failure lacks', () => {
    const parsed = parseFailureRecord(failureRecord(new UpstreamFailure('unavailable', 'it is down')));
    expect(parsed).toMatchObject({ reason: 'unavailable', upstreamError: undefined, retryAfter: undefined });
  });

  it('gives a failure or nothing for any text', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((object) => JSON.stringify(object)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseFailureRecord(text);
        expect(parsed === undefined || parsed instanceof UpstreamFailure).toBe(true);
      }),
    );
  });

  it.each([
    'null',
    '[]',
    '{"message":"no reason"}',
    '{"reason":"unavailable"}',
    '{"reason":"toString","message":"no reason of ours"}',
    '{"reason":["unavailable"],"message":"a list"}',
    '{"reason":"unavailable","message":"x","upstreamError":1}',
    '{"reason":"unavailable","message":"x","retryAfter":"1"}',
    '{"reason":"unavailable","message":"x","retryAfter":-1}',
  ])('does not pass for a failure as %s', (text) => {
    expect(parseFailureRecord(text)).toBeUndefined();
  });
});
