import { atEndOfAll } from '#test/at-end.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { AbusedBroker, flooderLimit } from './abused-broker.js';
import { patience } from './effort.js';
import { Flood } from './flood.js';
import type { PipelinedAnswer } from './pipeline.js';
import { type Disturbance, ServedConsumer, tolerated } from './served-consumer.js';

const atEnd = atEndOfAll();
let broker: AbusedBroker;
let consumer: ServedConsumer;

beforeAll(async () => {
  broker = await AbusedBroker.start(atEnd);
  consumer = new ServedConsumer(broker, () => broker.settled());
  atEnd(() => consumer.stop());
});

/** How another consumer fares, and what the flooder gets, by status. */
async function underFlood(path: string, credential: string) {
  const answers: PipelinedAnswer[] = [];
  let lasted = 0;
  const disturbance = await consumer.under({
    name: path,
    async begin({ url }) {
      const startedAt = performance.now();
      const flood = await Flood.begin(url, path, credential);
      const end = async () => {
        await flood.end();
        answers.push(...flood.answers);
        lasted += performance.now() - startedAt;
      };
      return { end };
    },
  });
  const byStatus = Map.groupBy(answers, ({ status }) => status);
  return { disturbance, byStatus, lasted };
}

function expectUndisturbed({ quiet, attacked, failures }: Disturbance): void {
  expect(failures).toEqual([]);
  expect(attacked).toBeLessThanOrEqual(tolerated * quiet);
}

describe('a consumer that floods a replica', () => {
  it.each([
    ['with good requests', '/token?scopes=api:partner', 200],
    ['with requests that are denied', '/token?scopes=role:finance-reporting', 403],
    ['with malformed requests', '/token?scopes=%00', 400],
  ])('%s gets 429, and disturbs no other consumer', { timeout: patience(12) }, async (_, path, status) => {
    const { disturbance, byStatus, lasted } = await underFlood(path, broker.flooderKey);
    expectUndisturbed(disturbance);

    expect([...byStatus.keys()].toSorted()).toEqual([status, 429].toSorted());
    // What it may have at once, refilled while it goes on; each flood is a new one.
    const floods = Math.ceil(lasted / 400);
    expect(byStatus.get(status)!.length).toBeLessThan(flooderLimit * (lasted / 1_000 + floods));
    const refused = byStatus.get(429)!;
    expect(refused.length).toBeGreaterThan(byStatus.get(status)!.length);
    for (const { head, body } of refused) {
      expect(head).toMatch(/^retry-after: 1$/im);
      expect(JSON.parse(body)).toMatchObject({ error: 'slow_down' });
    }
  });

  it.each([
    ['a wrong API key', 'tbk_not-a-real-key'],
    ['a forged workload JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL3guZXhhbXBsZSJ9.AAAA'],
  ])(
    'with %s is refused, limited by its address, and disturbs no other consumer',
    { timeout: patience(12) },
    async (_, credential) => {
      const { disturbance, byStatus } = await underFlood('/token', credential);
      expectUndisturbed(disturbance);
      expect([...byStatus.keys()].toSorted()).toEqual([401, 429]);
      expect(byStatus.get(429)!.length).toBeGreaterThan(byStatus.get(401)!.length);
    },
  );
});
