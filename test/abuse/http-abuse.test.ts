import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningScene, type Scene } from '../support/running.js';
import { attacks } from './attacks.js';
import { patience } from './effort.js';
import { ServedConsumer, tolerated } from './served-consumer.js';

/** Some are needed for all else; Node.js has raised the soft limit to the hard one. */
const idle = Math.min(10_000, Number(/open files +(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))![1]) - 1_000);
const ends: (() => Promise<void>)[] = [];
let scene: Scene;
let consumer: ServedConsumer;

beforeAll(async () => {
  scene = await runningScene({ maxTokenRequestsPerMinute: 100_000 }, {}, (end) => ends.unshift(end));
  consumer = new ServedConsumer({ url: scene.broker.consumers, key: scene.key });
});

afterAll(async () => {
  await consumer?.stop();
  for (const end of ends) await end();
});

describe('a consumer is served as before', () => {
  it.each(attacks(idle))('under $name', { timeout: patience(10) }, async (attack) => {
    const { quiet, attacked, failures } = await consumer.under(attack);
    console.log(attack.name, quiet.toFixed(2), attacked.toFixed(2));
    expect(failures).toEqual([]);
    expect(attacked).toBeLessThanOrEqual(tolerated * quiet);
  });
});
