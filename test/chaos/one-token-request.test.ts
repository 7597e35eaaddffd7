import { describe, expect, it, onTestFinished } from 'vitest';
import { ManyCallers } from '#test/many-callers.js';
import { runningReplicas, scopeSets } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';

describe('three replicas', () => {
  it('ask once for a scope set that a thousand callers of each want at once', async () => {
    const { server, brokers, key } = await runningReplicas();
    const callers = new ManyCallers();
    onTestFinished(() => callers.close());
    server.hold();
    const calls = brokers.flatMap((broker) =>
      Array.from({ length: 1_000 }, () => callers.get(`${broker.consumers}/token?scopes=a+b`, key)),
    );
    await Promise.all(calls.map(({ sent }) => sent));
    await server.waitForRequests(1);
    server.release();
    const answers = await Promise.all(calls.map(({ answer }) => answer));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body['access_token'])).size).toBe(1);
    expect(server.counts.total).toBe(1);
  });

  it('ask fifty times for fifty scope sets', async () => {
    const { server, brokers, key } = await runningReplicas();
    const callers = new ManyCallers();
    onTestFinished(() => callers.close());
    const sets = scopeSets(50);
    const calls = Array.from({ length: 3_000 }, (_, n) => {
      const scopes = sets[n % sets.length]!;
      const { consumers } = brokers[n % brokers.length]!;
      return { scopes, ...callers.get(`${consumers}/token?scopes=${encodeURIComponent(scopes)}`, key) };
    });
    const answers = await Promise.all(
      calls.map(async ({ scopes, answer }) => ({ scopes, ...(await answer) })),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(answers.filter(({ scopes, body }) => body['scope'] !== scopes)).toEqual([]);
    expect(server.counts.total).toBe(50);
    expect(Math.max(...Object.values(server.counts.byScopeSet))).toBe(1);
  });

  it('ask once for each renewal, and hand out no token that is about to end', async () => {
    const sets = scopeSets(20);
    const renewal = { at: 0.2, jitter: 0.02, minRemaining: 2 };
    const { server, brokers, key } = await runningReplicas({ client: { renewal } });
    // The sixth token of each lives for an hour and ends the run.
    for (const scope of sets) server.misbehave({ scope, times: 5, lifetime: 12 });
    const load = SteadyLoad.on(brokers, {
      key,
      scopes: sets,
      callers: 20,
      pause: 150,
      parameters: '&min_ttl=2',
    });
    await server.waitForRequests(6 * sets.length);
    await load.rounds(1);
    const answers = await load.stop();
    expect([answers.failures, answers.wrong, answers.steppedBack({ grace: answers.grace })]).toEqual([
      [],
      [],
      [],
    ]);
    expect(Math.min(...answers.all.map(({ expiresIn }) => expiresIn!))).toBeGreaterThanOrEqual(2);
    expect(answers.tokens).toHaveLength(120);
    expect(server.counts.byScopeSet).toEqual(Object.fromEntries(sets.map((set) => [set, 6])));
    expect(server.counts.maxInFlightPerKey).toBe(1);
    // Two requests for one renewal would come at once.
    expect(answers.shortestInterval).toBeGreaterThanOrEqual(1);
  });
});
