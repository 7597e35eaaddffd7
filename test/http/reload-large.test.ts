import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { until } from '#test/until.js';
import { OwnBroker } from './own-broker.js';

const local = { host: '127.0.0.1', port: 0 };

function settings(clients: number, consumers: number): object {
  const names = Array.from({ length: clients }, (_, n) => `client-${n}`);
  const client = () => ({
    tokenEndpoint: 'https://auth.example/connect/token',
    clientId: 'one',
    clientSecret: 'not-a-real-secret',
    scopes: ['api:partner', 'create:orders'],
  });
  const consumer = (n: number) => ({
    keys: [`sha256:${String(n).padStart(64, '0')}`],
    allow: [{ client: names[n % clients], scopes: ['api:partner', 'create:orders'] }],
  });
  return {
    clients: Object.fromEntries(names.map((name) => [name, client()])),
    consumers: Object.fromEntries(
      Array.from({ length: consumers }, (_, n) => [`consumer-${n}`, consumer(n)]),
    ),
  };
}

/** Milliseconds for which this thread worked in each turn of the event loop, while `work` went on. */
async function turnsDuring(work: () => Promise<void>): Promise<number[]> {
  const worked = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  const turns: number[] = [];
  let isOver = false;
  let last = worked();
  const turn = () => {
    const now = worked();
    turns.push(now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isOver = true;
  return turns;
}

it.each([
  ['1,000 clients', 1_000, 10],
  ['10,000 consumers', 10, 10_000],
  ['100 clients and 1,000 consumers', 100, 1_000],
])(
  'a reload of settings with %s holds up no answer for more than 20 ms',
  { timeout: 120_000 },
  async (_, ...size) => {
    const broker = await OwnBroker.start(settings(1, 1));
    onTestFinished(() => broker.stop());
    const text = stringify(
      { listen: local, management: local, ...settings(...size) },
      { aliasDuplicateObjects: false },
    );
    writeFileSync(join(broker.folder, 'settings.yaml'), text);
    expect(await longTurnOfReload(broker)).toBeLessThan(20);
  },
);

it(
  'a reload of 1,000 files, of which one turns faulty and another is added, holds up no answer for more than 20 ms',
  {
    timeout: 120_000,
  },
  async () => {
    const broker = await OwnBroker.start(settings(1, 1));
    onTestFinished(() => broker.stop());
    const { clients } = settings(1_000, 1) as { clients: Record<string, object> };
    const folder = join(broker.folder, 'clients.d');
    mkdirSync(folder);
    const write = (name: string, entries: object) =>
      writeFileSync(join(folder, `${name}.yaml`), stringify(entries));
    const { 'client-0': first, ...others } = clients;
    for (const [name, client] of Object.entries(others)) write(name, { [name]: client });
    expect(await longTurnOfReload(broker)).toBeLessThan(20);
    broker.lines.length = 0;
    write('client-7', { 'client-7': { ...first, scopes: ['api partner'] } });
    write('added', { added: first });
    expect(await longTurnOfReload(broker)).toBeLessThan(20);
    await until(
      async () => broker.lines.some(({ faults }) => JSON.stringify(faults)?.includes('client-7')),
      'it is reported',
    );
  },
);

/**
 * Milliseconds of work of this thread, as a busy machine takes the processor away for longer. Two turns may have a garbage
 * collection.
 */
async function longTurnOfReload({ lines }: OwnBroker): Promise<number> {
  const isReloaded = async () => lines.some(({ msg }) => msg === 'settings reloaded');
  const turns = await turnsDuring(() => until(isReloaded, 'it is reloaded', 100_000));
  const [, , third = 0] = turns.toSorted((a, b) => b - a);
  return third;
}
