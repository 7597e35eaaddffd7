import { expect } from 'vitest';
import type { BrokerProcess } from './broker-process.js';
import type { RedisServer } from './redis-server.js';
import type { Replicas } from './replicas.js';
import type { SteadyLoad } from './steady-load.js';
import { until } from './until.js';

export type TokensAre = 'in Redis' | 'in memory, Redis is down';

/** Waits until each replica tells so, and is ready all the while. */
export async function allTell(where: TokensAre, brokers: readonly BrokerProcess[]): Promise<void> {
  await until(async () => {
    const told = await Promise.all(brokers.map(tokensOf));
    return told.every((one) => one === where);
  }, `all replicas tell that tokens are ${where}`);
}

/** @throws Error when it is not ready */
async function tokensOf(broker: BrokerProcess): Promise<TokensAre> {
  const response = await fetch(`${broker.management}/readyz`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { parts: { tokens: TokensAre } }).parts.tokens;
}

/** Waits until each replica has handed out a token that it had not handed out before. */
export async function eachHasNewToken(load: SteadyLoad, brokers: readonly BrokerProcess[]): Promise<void> {
  const count = (broker: BrokerProcess) => load.answers.from(broker).tokens.length;
  const known = brokers.map(count);
  await until(async () => brokers.every((broker, n) => count(broker) > known[n]!), 'each has a new token');
}

/**
 * For a load on one scope set and `shortLived` tokens: after a first renewal, which may still come of what went before, each
 * costs one token request. Gives the instant since which that holds.
 */
export async function expectOneRequestPerRenewal({ server }: Replicas, load: SteadyLoad): Promise<number> {
  const unseen = () => server.counts.total - load.answers.tokens.length;
  await load.newToken();
  await load.rounds(2);
  const since = performance.now();
  const before = unseen();
  await load.newToken();
  await load.newToken();
  await until(async () => unseen() <= before, 'every token that was issued since then is handed out');
  await load.rounds(1);
  // Two requests for one renewal would come at once.
  expect(load.answers.since(since).shortestInterval).toBeGreaterThanOrEqual(1);
  return since;
}

/** Of all tokens in Redis: the key and the generation. */
export async function generationsIn({ client }: RedisServer): Promise<string[]> {
  const keys = (await client.keys('token-broker:*:token')).toSorted();
  return Promise.all(keys.map(async (key) => `${key} ${await client.getrange(key, 0, 15)}`));
}
