import { beforeEach, describe, expect, it } from 'vitest';
import { someBroker } from '#test/some-broker.js';
import { UpstreamFailure } from './model/failures.js';
import { OverdueRenewals } from './overdue-renewals.js';
import { ScopeSet } from './model/scope-set.js';

const demand = { trigger: 'demand', consumer: 'order-service' } as const;
const lifetime = 3_599_000;
const { idleAfter } = someBroker().client.options.renewal;

let scene: ReturnType<typeof someBroker>;
let overdue: OverdueRenewals;
let seen: number;

beforeEach(() => {
  scene = someBroker();
  overdue = new OverdueRenewals(scene.clock);
  seen = 0;
});

const request = () => scene.client.request(ScopeSet.parse('api:partner'));

/** Seconds, once it has heard all that has happened. */
function late(): number {
  for (const event of scene.events.all.slice(seen)) overdue.emit(event);
  seen = scene.events.all.length;
  return Math.round(overdue.maxLateness(scene.schedule) / 1_000);
}

/** Lets renewals fail, and time pass, with events heard at once. */
async function passInTrouble(milliseconds: number): Promise<void> {
  let failed = -1;
  for (let left = milliseconds; left > 0; left -= 1_000) {
    const failures = scene.events.of('renewal_failed').length;
    if (failures > failed) scene.server.next(new UpstreamFailure('unavailable', 'down'));
    failed = failures;
    await scene.pass(1_000);
    late();
  }
}

describe('the most overdue renewal', () => {
  it('is 0 late as long as all are renewed in time', async () => {
    await scene.broker.tokenFor(request(), demand);
    await scene.pass(0.9 * lifetime);
    expect(scene.events.of('renewed')).toHaveLength(2);
    expect(late()).toBe(0);
  });

  it('is late since it was due first, however often it is tried, until it succeeds', async () => {
    await scene.broker.tokenFor(request(), demand);
    const due = (await scene.schedule.plannedAt([request()]))[0]!;
    await scene.pass(due - scene.clock.now() - 1_000);
    await passInTrouble(121_000);
    expect(late()).toBeGreaterThanOrEqual(119);
    expect(late()).toBeLessThanOrEqual(121);
    while (scene.events.of('renewed').length === 1) await scene.pass(1_000);
    expect(late()).toBe(0);
  });

  it('that another replica has brought is late no more', async () => {
    overdue.emit({ type: 'renewal_due', request: request(), lag: 90_000 });
    await scene.schedule.plan(request(), scene.clock.now() + 1_000);
    expect(late()).toBe(90);
    overdue.emit({ type: 'token_shared', key: request().key });
    expect(late()).toBe(0);
  });

  it('that is no longer in demand is forgotten', async () => {
    overdue.emit({ type: 'renewal_due', request: request(), lag: 90_000 });
    await scene.schedule.plan(request(), scene.clock.now() + idleAfter + 1_000);
    expect(late()).toBe(90);
    await scene.pass(idleAfter + 2_000);
    expect(late()).toBe(0);
  });

  it('counts as late while it waits for its turn, too', async () => {
    await scene.schedule.plan(request(), scene.clock.now() + 1_000);
    scene.clock.advance(6_000);
    expect(late()).toBe(5);
  });
});
