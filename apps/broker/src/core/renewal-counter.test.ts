import { describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { historyPeriod, periodOf } from '#tokens/ports/renewal-history.js';
import { FakeClock } from '#test/fake-clock.js';
import { someClient } from '#test/the.js';
import { RenewalCounter } from './renewal-counter.js';

const request = someClient().request(ScopeSet.parse('api:partner'));
const renewed = { type: 'renewed', request, trigger: 'schedule', fingerprint: '', lifetime: 1 } as const;
const failed = (fromCooldown: boolean) => {
  const failure = new UpstreamFailure('unavailable', 'down', { fromCooldown });
  return { type: 'renewal_failed', request, trigger: 'schedule', failure } as const;
};

describe('the renewal counter', () => {
  it('counts attempts by token and half hour, and not those that a cool-down has prevented', () => {
    const clock = new FakeClock();
    const counter = new RenewalCounter(clock);
    for (const event of [renewed, renewed, failed(false), failed(true)]) counter.emit(event);
    clock.advance(historyPeriod);
    counter.emit(failed(false));
    const period = periodOf(clock.wallTime());
    expect(counter.take()).toEqual([
      { id: request.id, period: period - 1, renewed: 2, failed: 1 },
      { id: request.id, period, renewed: 0, failed: 1 },
    ]);
    expect(counter.take()).toEqual([]);
  });
});
