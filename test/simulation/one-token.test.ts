import { expect, it } from 'vitest';
import type { Token } from '#tokens/model/token.js';
import { seed } from '#test/seed.js';
import { SimulatedFleet } from './simulated-fleet.js';

const lifetime = 600_000;
const lifetimes = 20;
const consumers = 20;

/** Milliseconds: a new token is written to Redis, and its message reaches each replica. */
const spread = 5;

/** Consumers who call an API with the one token. Each exchange ends the former one when it begins. */
class ApiCalls {
  calls = 0;
  recovered = 0;
  readonly complaints: string[] = [];

  constructor(private readonly fleet: SimulatedFleet) {}

  async consume(n: number, end: number): Promise<void> {
    const { time, chance, replicas, requests } = this.fleet;
    const consumer = `consumer-${n}`;
    for (let call = n; time.now() < end; call++) {
      await time.sleep(1_000 + chance() * 2_000);
      const { broker } = replicas[call % replicas.length]!;
      const request = requests[n % requests.length]!;
      const { token } = await broker.tokenFor(request, { trigger: 'demand', consumer });
      const servedAt = time.now();
      await this.#call(token, async () => {
        const rejected = token.accessToken.sha256;
        const other = await broker.tokenFor(request, { trigger: 'rejected', consumer, rejected });
        const isOver = servedAt > this.fleet.server.replacedAt.get(token.accessToken.reveal())! + spread;
        if (isOver) this.complaints.push(`${consumer} got a token whose exchange was over`);
        await this.#call(other.token, async () => {
          this.complaints.push(`${consumer} got two tokens in turn that had ended`);
        });
        this.recovered++;
      });
    }
  }

  /** The way to the API takes up to 20 ms. */
  async #call({ accessToken }: Token, rejected: () => Promise<void>): Promise<void> {
    this.calls++;
    await this.fleet.time.sleep(this.fleet.chance() * 20);
    if (accessToken.reveal() !== this.fleet.server.newest) await rejected();
  }
}

it(`oneTokenPerClient serves 20 consumers of 8 scope sets at 3 replicas for ${lifetimes} lifetimes: the API rejects only what is in flight at an exchange, and the report of it brings the next token (seed ${seed})`, async () => {
  const fleet = new SimulatedFleet({ seed, replicas: 3, tokens: 8, lifetime, oneToken: true });
  const api = new ApiCalls(fleet);
  const end = lifetimes * lifetime;
  const consuming = Array.from({ length: consumers }, (_, n) => api.consume(n, end));
  await fleet.time.pass(end + 10_000);
  await Promise.all(consuming);
  expect(api.complaints).toEqual([]);
  expect(fleet.complaints).toEqual([]);
  expect(fleet.server.mostAtOnceForOneToken).toBe(1);
  // No report of a rejected token has cost another exchange.
  expect(fleet.server.count).toBeLessThanOrEqual(lifetimes / 0.7);
  expect(fleet.server.count).toBeGreaterThanOrEqual(lifetimes);
  expect(api.recovered).toBeGreaterThan(lifetimes);
  expect(api.recovered / api.calls).toBeLessThan(0.01);
});
