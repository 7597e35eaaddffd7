import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
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

/**
 * Milliseconds for which this thread worked in the longest turn of the event loop, while `work` went on. This is not the time
 * that passes, as a busy machine takes the processor away; and garbage collections, which may come at any time, do not count.
 */
async function longestTurnDuring(work: () => Promise<void>): Promise<number> {
  const worked = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  const collections: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((entries) => collections.push(...entries.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const turns: { begin: number; end: number; work: number }[] = [];
  let isOver = false;
  let last = { at: performance.now(), worked: worked() };
  const turn = () => {
    const now = { at: performance.now(), worked: worked() };
    turns.push({ begin: last.at, end: now.at, work: now.worked - last.worked });
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isOver = true;
  // Garbage collections are reported a turn later.
  await nextTurn();
  await nextTurn();
  observer.disconnect();
  const long = turns.filter((one) => one.work > 1);
  return Math.max(
    ...long.map(({ begin, end, work: all }) => {
      const within = collections.filter(({ startTime }) => startTime >= begin && startTime < end);
      return within.reduce((left, { duration }) => left - duration, all);
    }),
  );
}

it.each([
  ['1,000 clients', 1_000, 10],
  ['10,000 consumers', 10, 10_000],
  ['1,000 clients and 5,000 consumers', 1_000, 5_000],
])(
  'a reload of settings with %s holds up no answer for more than 20 ms',
  { timeout: 120_000 },
  async (_, ...size) => {
    const broker = await OwnBroker.start(settings(1, 1));
    onTestFinished(() => broker.stop());
    const reload = async (...counts: [clients: number, consumers: number]) => {
      const text = stringify(
        { listen: local, management: local, ...settings(...counts) },
        { aliasDuplicateObjects: false },
      );
      writeFileSync(join(broker.folder, 'settings.yaml'), text);
      return longestTurnOfReload(broker);
    };
    const ofFew = await reload(100, 100);
    expect(await reload(...size)).toBeLessThan(limit(ofFew));
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
    write('few', { few: first });
    const ofFew = await longestTurnOfReload(broker);
    for (const [name, client] of Object.entries(others)) write(name, { [name]: client });
    expect(await longestTurnOfReload(broker)).toBeLessThan(limit(ofFew));
    write('client-7', { 'client-7': { ...first, scopes: ['api partner'] } });
    write('added', { added: first });
    expect(await longestTurnOfReload(broker)).toBeLessThan(limit(ofFew));
    await until(
      async () => broker.lines.some(({ faults }) => JSON.stringify(faults)?.includes('client-7')),
      'it is reported',
    );
  },
);

/** 20 ms, unless this machine is so slow that a reload of few entries has such turns, too. */
const limit = (longestOfFew: number) => Math.max(20, 2 * longestOfFew);

async function longestTurnOfReload({ lines }: OwnBroker): Promise<number> {
  lines.length = 0;
  const isReloaded = async () => lines.some(({ msg }) => msg === 'settings reloaded');
  return longestTurnDuring(() => until(isReloaded, 'it is reloaded', 100_000));
}
