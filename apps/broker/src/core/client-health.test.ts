import { beforeEach, describe, expect, it } from 'vitest';
import { UpstreamFailure, type CooldownScope } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { FakeClock } from '#test/fake-clock.js';
import { someClient } from '#test/the.js';
import { ClientHealth } from './client-health.js';

const client = someClient({ credentials: ['new', 'old'] });
const request = client.request(ScopeSet.empty);
const failure = new UpstreamFailure('client_refused', 'refused', { upstreamError: 'invalid_client' });

let clock: FakeClock;
let states: ClientHealth;

beforeEach(() => {
  clock = new FakeClock();
  states = new ClientHealth(clock);
  states.replaceClients([client]);
});

const started = (scope: CooldownScope, credential = 1) =>
  states.emit({ type: 'cooldown_started', request, scope, credential, failure, duration: 1_000 });
const ended = (credential: number) => states.emit({ type: 'cooldown_ended', request, credential });
const state = () => states.stateOf(client).state;

describe('the state of a client', () => {
  it('is fine from the start', () => {
    expect(states.stateOf(client)).toEqual({ state: 'fine' });
  });

  it('is cooling down until that is over, or a token request succeeds', () => {
    started('client');
    expect(states.stateOf(client)).toEqual({ state: 'cooling down', failure, until: clock.now() + 1_000 });
    clock.advance(1_000);
    expect(state()).toBe('fine');
    started('client');
    ended(1);
    expect(state()).toBe('fine');
  });

  it('is refused when all credentials are, and until one is taken', () => {
    started('credential', 1);
    expect(state()).toBe('fine');
    started('credential', 2);
    expect(state()).toBe('refused');
    expect(states.isCoolingDown(client)).toBe(true);
    clock.advance(1_000);
    expect(state()).toBe('refused');
    expect(states.isCoolingDown(client)).toBe(false);
    ended(2);
    expect(state()).toBe('fine');
    started('credential', 2);
    expect(state()).toBe('refused');
  });

  it('is not touched by a refused scope set, which shows that all else works', () => {
    started('request');
    expect(state()).toBe('fine');
    started('client');
    started('request');
    expect(state()).toBe('fine');
  });

  it('is over with the credentials that are refused, and with the client', () => {
    started('credential', 1);
    started('credential', 2);
    states.replaceClients([client]);
    expect(state()).toBe('refused');
    const renewed = someClient({ credentials: ['newest'] });
    states.replaceClients([renewed]);
    expect(states.stateOf(renewed).state).toBe('fine');
    started('credential', 1);
    expect(states.stateOf(renewed).state).toBe('fine');
    states.replaceClients([]);
    expect(states.all).toEqual([]);
  });

  it('is what all replicas know, once this one has heard of it', () => {
    const target = { scope: 'credential', client: 'any', name: 'any' } as const;
    states.replaceKnown(
      client,
      [1, 2].map((credential) => ({ target, failure, remaining: -5, credential })),
    );
    expect(states.stateOf(client)).toEqual({ state: 'refused', failure, until: clock.now() - 5 });
    states.replaceKnown(client, []);
    expect(state()).toBe('fine');
  });

  it('holds a clock skew for an hour after it was measured', () => {
    expect(states.skewOf(client)).toBeUndefined();
    states.skewed(client.name, 90_000);
    clock.advance(3_599_000);
    expect(states.skewOf(client)).toBe(90_000);
    clock.advance(1_000);
    expect(states.skewOf(client)).toBeUndefined();
  });
});
