import { afterEach, beforeEach, expect, it } from 'vitest';
import { SettingsFolder } from '#test/settings-folder.js';
import { SettingsFile } from './settings-file.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

/** YAML as people and their programs write it: in blocks. */
function settings(clients: number, consumers: number): string {
  const clientLines = Array.from(
    { length: clients },
    (_, n) => `  client-${n}:
    tokenEndpoint: https://auth.example/connect/token
    clientId: client-${n}
    clientSecret: not-a-real-secret
    scopes: [api:partner, create:orders]`,
  );
  const consumerLines = Array.from(
    { length: consumers },
    (_, n) => `  consumer-${n}:
    keys: [sha256:${String(n).padStart(64, '0')}]
    allow:
      - { client: client-${n % clients}, scopes: [api:partner, create:orders] }`,
  );
  return ['clients:', ...clientLines, 'consumers:', ...consumerLines, ''].join('\n');
}

/** How often others had their turn while this ran. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isOver = true;
  return turns;
}

it('settings with 10,000 consumers, more than 1 MiB, are read', { timeout: 120_000 }, () => {
  const text = settings(10, 10_000);
  expect(text.length).toBeGreaterThan(1024 * 1024);
  expect(Object.keys(folder.load(text).settings.consumers)).toHaveLength(10_000);
});

it.each([
  ['1,000 clients', 1_000, 10],
  ['2,000 consumers', 10, 2_000],
])('a reload of settings with %s lets requests in between', { timeout: 120_000 }, async (_, ...size) => {
  const path = folder.write('settings.yaml', settings(1, 1));
  const file = new SettingsFile(path, {});
  file.load();
  folder.write('settings.yaml', settings(...size));
  let change: unknown;
  const startedAt = process.cpuUsage();
  const turns = await turnsDuring(async () => {
    change = await file.check(true);
  });
  const { user } = process.cpuUsage(startedAt);
  expect(change).toMatchObject({ outcome: 'reloaded' });
  // A turn at least each 20 ms of work on the average, however busy the machine is.
  expect(turns).toBeGreaterThan(user / 20_000);
});

it('a reload with a fault deep in a large file names its line', async () => {
  const path = folder.write('settings.yaml', settings(1, 1));
  const file = new SettingsFile(path, {});
  file.load();
  folder.write('settings.yaml', `${settings(1, 500)}  consumer-7: {}\n`);
  expect(await file.check(true)).toMatchObject({
    outcome: 'refused',
    fault: { faults: ['line 2008, column 3: must be valid YAML: this key is already in the mapping'] },
  });
});
