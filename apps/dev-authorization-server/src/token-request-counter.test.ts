import { describe, expect, it } from 'vitest';
import { TokenRequestCounter } from './token-request-counter.js';

const rabot = { client: 'rabot', scopeSet: 'a b' };
const other = { client: 'other', scopeSet: 'a b' };

describe('TokenRequestCounter', () => {
  it('counts by client, by scope set and by outcome', () => {
    const counter = new TokenRequestCounter();
    counter.arrived(rabot).decided('issued');
    counter.arrived(rabot).decided('invalid_client');
    counter.arrived(other).decided('issued');
    expect(counter.counts).toMatchObject({
      total: 3,
      byClient: { rabot: 2, other: 1 },
      byScopeSet: { 'a b': 3 },
      byOutcome: { issued: 2, invalid_client: 1 },
    });
  });

  it('remembers the most in flight at once, in all and alike', () => {
    const counter = new TokenRequestCounter();
    const flights = [rabot, other, rabot].map((subject) => counter.arrived(subject));
    for (const flight of flights) flight.ended();
    counter.arrived(rabot).ended();
    expect(counter.counts).toMatchObject({ inFlight: 0, maxInFlight: 3, maxInFlightPerKey: 2 });
  });

  it('counts the first outcome of a request, and aborted when there was none', () => {
    const counter = new TokenRequestCounter();
    const flight = counter.arrived(rabot);
    flight.decided('issued');
    flight.ended();
    flight.ended();
    counter.arrived(rabot).ended();
    expect(counter.counts).toMatchObject({ byOutcome: { issued: 1, aborted: 1 }, inFlight: 0 });
  });

  it('counts from zero after a reset, except those in flight', () => {
    const counter = new TokenRequestCounter();
    const flight = counter.arrived(rabot);
    counter.arrived(rabot).ended();
    counter.reset();
    expect(counter.counts).toMatchObject({ total: 0, byClient: {}, inFlight: 1, maxInFlight: 1 });
    flight.ended();
    expect(counter.counts.inFlight).toBe(0);
  });

  it('resolves when a number of requests has arrived', async () => {
    const counter = new TokenRequestCounter();
    const resolved: string[] = [];
    const two = counter.reached(2).then(() => resolved.push('two'));
    counter.arrived(rabot);
    await counter.reached(1);
    expect(resolved).toEqual([]);
    counter.arrived(other);
    await two;
    expect(resolved).toEqual(['two']);
  });
});
