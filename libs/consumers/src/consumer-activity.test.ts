import { describe, expect, it } from 'vitest';
import { ConsumerActivities, ConsumerActivity } from './consumer-activity.js';

const keys = (...ids: string[]) => ids.map((id, index) => ({ id, place: `keys[${index}]`, fingerprint: id }));

function used(activity: ConsumerActivity, id: string, at: number): void {
  const use = activity.credential(id);
  use.count += 1;
  use.lastAt = at;
}

const refusal = { error: 'access_denied', asked: 'a', credential: 'keys[0]', address: '192.0.2.1' };

describe('the activity of a consumer', () => {
  it('says which of its credentials was shown, and when last', () => {
    const activity = new ConsumerActivity();
    activity.replaceCredentials(keys('old', 'new'));
    expect(activity.lastSeenAt).toBe(-Infinity);
    used(activity, 'old', 5);
    used(activity, 'new', 7);
    used(activity, 'new', 9);
    expect(activity.credentials).toEqual([
      { place: 'keys[0]', fingerprint: 'old', count: 1, lastAt: 5 },
      { place: 'keys[1]', fingerprint: 'new', count: 2, lastAt: 9 },
    ]);
    expect(activity.lastSeenAt).toBe(9);
    expect([...activity.outcomes]).toEqual([['served', 3]]);
  });

  it('outlives a change of the settings, by the credential and not by its place, and never counts back', () => {
    const activity = new ConsumerActivity();
    activity.replaceCredentials(keys('old', 'new'));
    used(activity, 'old', 5);
    used(activity, 'new', 7);
    activity.replaceCredentials(keys('new'));
    expect(activity.credentials).toEqual([{ place: 'keys[0]', fingerprint: 'new', count: 1, lastAt: 7 }]);
    expect(activity.outcomes.get('served')).toBe(2);
    activity.replaceCredentials(keys('newest'));
    expect(activity.lastSeenAt).toBe(7);
    expect(activity.outcomes.get('served')).toBe(2);
    expect(() => activity.credential('old')).toThrow(TypeError);
  });

  it('says what is asked for, and what was refused, last one first and within bounds', () => {
    const activity = new ConsumerActivity();
    for (let n = 0; n < 1_000; n++) {
      activity.request('rabot', `scope-${n}`).lastAt = n;
      activity.refuse({ ...refusal, at: n });
    }
    expect(activity.requests).toHaveLength(200);
    expect(activity.requests[0]).toMatchObject({ client: 'rabot', scopes: 'scope-999' });
    expect(activity.refusals).toHaveLength(20);
    expect(activity.refusals[0]).toEqual({ ...refusal, at: 999 });
    expect([...activity.outcomes]).toEqual([['access_denied', 1_000]]);
    expect(activity.lastSeenAt).toBe(999);
  });

  it('ends with its consumer', () => {
    const activities = new ConsumerActivities();
    const kept = activities.of('orders');
    activities.of('gone');
    activities.retain(new Set(['orders']));
    expect([...activities.all.keys()]).toEqual(['orders']);
    expect(activities.of('orders')).toBe(kept);
  });
});
