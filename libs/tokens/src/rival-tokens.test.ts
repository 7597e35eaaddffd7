import { describe, expect, it } from 'vitest';
import { ScopeSet } from './model/scope-set.js';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';

const scopes = ScopeSet.parse('a b');
const minute = 60_000;

/** Consumers of two scope sets, whose tokens an API rejects when `isRejected` says so. */
async function rounds(
  count: number,
  isRejected: (scope: string) => boolean,
  client = someClient({ scopes }),
) {
  const parts = someBroker({ client });
  const { broker, clock, events } = parts;
  const tokenOf = (scope: string, rejected?: string) =>
    broker.tokenFor(client.request(ScopeSet.parse(scope)), {
      trigger: 'demand',
      ...(rejected && { rejected }),
    });
  for (let round = 0; round < count; round += 1) {
    for (const scope of ['a', 'b']) {
      const { token } = await tokenOf(scope);
      clock.advance(minute);
      if (isRejected(scope)) await tokenOf(scope, token.accessToken.sha256).catch(() => {});
    }
  }
  return events.of('response_anomaly').map(({ oddity }) => oddity);
}

describe('tokens that end each other', () => {
  it('are reported once when those of two scope sets are rejected in turn', async () => {
    expect(await rounds(8, () => true)).toEqual(['tokens_end_each_other']);
  });

  it('are none where one scope set is rejected', async () => {
    expect(await rounds(8, (scope) => scope === 'a')).toEqual([]);
  });

  it('are none where nothing or little is rejected', async () => {
    expect(await rounds(8, () => false)).toEqual([]);
    expect(await rounds(1, () => true)).toEqual([]);
  });

  it('are none with one token for the client', async () => {
    expect(await rounds(8, () => true, someClient({ scopes, oneToken: scopes }))).toEqual([]);
  });
});
