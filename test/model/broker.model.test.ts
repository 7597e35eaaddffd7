import { fc } from '#test/property.js';
import { seed } from '#test/seed.js';
import { describe, expect, it } from 'vitest';
import { allScopes, type Ask, ModelledFleet, type SettingsVersion } from './modelled-fleet.js';
import { type Mood, moods } from './modelled-server.js';

const numRuns = Number(process.env['RUNS'] ?? 400);

type Step =
  | { do: 'ask'; ask: Ask }
  | { do: 'pass'; milliseconds: number }
  | { do: 'reload'; version: SettingsVersion }
  | { do: 'server'; mood: Mood }
  | { do: 'pause' | 'cut off'; replica: number; milliseconds: number }
  | { do: 'lose locks' }
  | { do: 'empty Redis' };

const replica = fc.nat({ max: 2 });
const scopes = fc.subarray([...allScopes], { minLength: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      ask: fc.record({
        replica,
        scopes,
        minTtl: fc.option(fc.integer({ min: 1_000, max: 130_000 }), { nil: undefined, freq: 4 }),
        rejected: fc.boolean(),
      }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      milliseconds: fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1_000, max: 90_000 })),
    }),
  },
  fc.record({
    do: fc.constant('reload' as const),
    version: fc.record({ credential: fc.integer({ min: 1, max: 2 }), allowed: scopes }),
  }),
  fc.record({ do: fc.constant('server' as const), mood: fc.constantFrom(...moods) }),
  fc.record({
    do: fc.constantFrom('pause' as const, 'cut off' as const),
    replica,
    milliseconds: fc.integer({ min: 1, max: 8_000 }),
  }),
  fc.record({ do: fc.constantFrom('lose locks' as const, 'empty Redis' as const) }),
);

async function take(fleet: ModelledFleet, one: Step): Promise<void> {
  switch (one.do) {
    case 'ask':
      return fleet.ask(one.ask);
    case 'pass':
      return fleet.time.pass(one.milliseconds);
    case 'reload':
      return fleet.reload(one.version);
    case 'server':
      fleet.server.mood = one.mood;
      return;
    case 'cut off':
      return fleet.replicas[one.replica]!.ports.cutOff(one.milliseconds);
    case 'pause':
      fleet.replicas[one.replica]!.ports.pause(one.milliseconds);
      break;
    case 'lose locks':
      fleet.redis.loseLocks();
      break;
    case 'empty Redis':
      fleet.redis.loseAll();
      for (const { ports } of fleet.replicas) ports.cutOff(1_000);
  }
  fleet.lockWasLost = true;
}

describe(`cache, lock, renewal and settings together (seed ${seed}, ${numRuns} runs)`, () => {
  it('give the right token to who may have it, alive, never an older one, and ask for it once', async () => {
    let answered = 0;
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
      async (steps) => {
        const fleet = new ModelledFleet(seed);
        for (const one of steps) await take(fleet, one);
        await fleet.settle();
        answered += fleet.answered;
        expect(fleet.violations).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns });
    expect(answered).toBeGreaterThan(numRuns);
  }, 120_000);
});
