import { randomBytes } from 'node:crypto';
import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { Secret } from '#tokens/model/secret.js';
import { KeyRing } from '../tokens/key-ring.js';
import { OutcomeMessages } from './outcome-messages.js';

const someRing = () => new KeyRing([{ id: '1', key: new Secret(randomBytes(32).toString('base64')) }]);
const messages = new OutcomeMessages('token-broker:events', someRing());
const key = 'a-request_key'.padEnd(43, '0');
const failure = new UpstreamFailure('scope_refused', 'create:orders is refused', { retryAfter: 60_000 });

describe('OutcomeMessages', () => {
  it('are understood by those who share the encryption keys', () => {
    const copy = { record: randomBytes(99), life: 60_000, until: Date.UTC(2026, 10, 23) };
    for (const news of [
      { key, generation: 7, copy },
      { key, generation: 7, copy: undefined },
    ]) {
      expect(messages.parse(messages.tokenMessage(news))).toEqual({ type: 'token', ...news });
    }
    expect(messages.parse(messages.noChangeMessage(key))).toEqual({ type: 'no_change', key });
    expect(messages.parse(messages.failureMessage(key, failure, 5))).toMatchObject({
      type: 'failure',
      key,
      at: 5,
      failure: { reason: 'scope_refused', message: failure.message, retryAfter: 60_000 },
    });
  });

  it('show others no scope, only that the renewal has failed', () => {
    const stranger = new OutcomeMessages('token-broker:events', someRing());
    const message = messages.failureMessage(key, failure, 5);
    expect(Buffer.from(JSON.parse(message).failure, 'base64').toString('latin1')).not.toContain('orders');
    expect(stranger.parse(message)).toEqual({ type: 'failure', key, failure: undefined, at: undefined });
  });

  it('carry no failure over to another key', () => {
    const other = 'f'.repeat(43);
    const moved = messages.failureMessage(key, failure, 5).replace(key, other);
    expect(messages.parse(moved)).toEqual({ type: 'failure', key: other, failure: undefined, at: undefined });
  });

  it('are made by no junk', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (junk) => {
        expect(messages.parse(junk)).toBeUndefined();
      }),
    );
  });

  it.each([
    'null',
    '{"key":"short","generation":1}',
    `{"key":"${key}"}`,
    `{"key":"${key}","generation":-1}`,
    `{"key":"${key}","generation":1.5}`,
    `{"key":"${key}","generation":"1"}`,
    `{"key":"${key}","failure":1}`,
    `{"key":"${key}","over":"yes"}`,
  ])('are not understood as %s', (message) => {
    expect(messages.parse(message)).toBeUndefined();
  });
});
