import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';
import { CredentialTrials } from './credential-trials.js';

const former = someClient({ credentials: ['old'] });
const changed = someClient({ credentials: ['new'] });
const refusal = new UpstreamFailure('client_refused', 'refused');

/** With a token of the former credential for each of these scopes. */
async function trialWith(scopes: readonly string[] = ['api:partner']) {
  const some = someBroker({ client: former });
  for (const scope of scopes)
    await some.broker.tokenFor(former.request(ScopeSet.of([scope])), { trigger: 'demand' });
  some.server.asked.length = 0;
  const trials = new CredentialTrials(some, some.clock);
  const pass = async (milliseconds: number) => {
    some.clock.advance(milliseconds);
    trials.check();
    await setImmediate();
  };
  return { ...some, trials, pass };
}

describe('a changed credential', () => {
  it('has to be tried while a token of the former one is valid, and no longer', async () => {
    const { trials, clock } = await trialWith();
    expect(await trials.isNeeded(former, former)).toBe(false);
    expect(await trials.isNeeded(former, changed)).toBe(true);
    expect(await trials.isNeeded(former, someClient({ credentials: ['new'], clientId: 'other' }))).toBe(
      false,
    );
    clock.advance(3_600_000);
    expect(await trials.isNeeded(former, changed)).toBe(false);
  });

  it('is accepted when it has obtained a token, by one token request', async () => {
    const { trials, pass, server } = await trialWith(['api:partner', 'create:orders']);
    trials.replace([changed]);
    await pass(0);
    expect(trials.haveAccepted).toBe(true);
    expect(await trials.isNeeded(former, changed)).toBe(false);
    await pass(60_000);
    expect(server.asked.map(({ credential }) => credential)).toEqual(['new']);
  });

  it('is tried again after a refusal when its cool-down is over, and at once when it changes again', async () => {
    const { trials, pass, server } = await trialWith();
    server.next(refusal);
    trials.replace([changed]);
    for (let second = 0; second < 29; second++) await pass(1_000);
    expect(trials.all).toMatchObject([{ isAccepted: false, failure: { reason: 'client_refused' } }]);
    expect(server.asked).toHaveLength(1);
    trials.replace([someClient({ credentials: ['newer'] })]);
    await pass(0);
    expect(server.asked.map(({ credential }) => credential)).toEqual(['new', 'newer']);
    expect(trials.haveAccepted).toBe(true);
  });

  it('is still on trial while the authorization server is down', async () => {
    const { trials, pass, server } = await trialWith();
    server.next(new UpstreamFailure('unavailable', 'down'));
    trials.replace([changed]);
    await pass(0);
    expect(trials.all).toMatchObject([{ isAccepted: false, failure: { reason: 'unavailable' } }]);
    await pass(60_000);
    expect(trials.haveAccepted).toBe(true);
  });

  it('is tried with another request when one is refused for its scopes', async () => {
    const { trials, pass, server } = await trialWith(['api:partner', 'create:orders']);
    server.next(new UpstreamFailure('scope_refused', 'no such scope'));
    trials.replace([changed]);
    await pass(0);
    await pass(60_000);
    expect(new Set(server.asked.map(({ request }) => request.key)).size).toBe(2);
    expect(trials.haveAccepted).toBe(true);
  });

  it('is accepted when the tokens of the former one have expired: there is nothing to keep that for', async () => {
    const { trials, pass, server } = await trialWith();
    server.next(refusal);
    trials.replace([changed]);
    await pass(0);
    expect(trials.haveAccepted).toBe(false);
    await pass(3_600_000);
    expect(trials.haveAccepted).toBe(true);
  });
});
