import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import type { LoadedSettings } from '../settings/load-settings.js';
import type { SettingsChange, SettingsFile } from '../settings/settings-file.js';
import { SettingsFault } from '../settings/settings-fault.js';
import { ActiveSettings } from './active-settings.js';
import type { SettingsSnapshot } from './settings-snapshot.js';

/** What the broker has of settings with this name. */
const loaded = (name: string) =>
  ({
    settings: { name, listen: {}, management: {} },
    sources: [],
    warnings: [],
  }) as unknown as LoadedSettings;

let changes: (SettingsChange | undefined)[];
let failing: Error[];
let errors: string[];
let active: ActiveSettings;

beforeEach(async () => {
  [changes, failing, errors] = [[], [], []];
  const make = async (settings: unknown) => {
    const failure = failing.shift();
    if (failure !== undefined) throw failure;
    return { settings, close: async () => {} } as SettingsSnapshot;
  };
  const log = pino({ level: 'error' }, { write: (line) => void errors.push(line) });
  const metrics = {
    loaded: vi.fn<() => void>(),
    reloaded: vi.fn<() => void>(),
    restored: vi.fn<() => void>(),
  };
  active = new ActiveSettings(
    {
      file: { check: async () => changes.shift() } as unknown as SettingsFile,
      loaded: loaded('first'),
      make,
      formerClients: async () => [],
      trials: { check: () => {}, haveAccepted: false },
      onChange: () => {},
    },
    metrics as never,
    log,
    new FakeClock(),
  );
  await active.start();
});

const name = () => (active.active.settings as unknown as { name: string }).name;
const reloaded = (to: string): SettingsChange => ({ outcome: 'reloaded', loaded: loaded(to) });

describe('valid settings that cannot be put to use', () => {
  it.each([
    ['for want of descriptors', Object.assign(new Error('EMFILE'), { code: 'EMFILE' })],
    ['for want of memory', new RangeError('Array buffer allocation failed')],
    ['for another reason', new Error('passing')],
  ])('%s are tried again with each check, and that is said once', async (_, failure) => {
    changes.push(reloaded('second'));
    failing.push(failure, failure, failure);
    for (let tick = 0; tick < 3; tick++) {
      await active.check();
      expect([name(), active.reload]).toEqual(['first', 'refused']);
    }
    expect(errors).toHaveLength(1);
    await active.check();
    expect([name(), active.reload, active.faults]).toEqual(['second', 'ok', []]);
    failing.push(failure);
    await active.check();
    expect([active.reload, errors.length]).toEqual(['ok', 1]);
  });

  it('give way to what is on disk by then', async () => {
    changes.push(reloaded('second'), {
      outcome: 'refused',
      fault: new SettingsFault([{ path: 'clients', message: 'is broken' }], []),
    });
    failing.push(new Error('passing'));
    await active.check();
    await active.check();
    await active.check();
    expect([name(), active.faults]).toEqual(['first', ['clients: is broken']]);
    changes.push({ outcome: 'restored' });
    await active.check();
    expect([name(), active.reload]).toEqual(['second', 'ok']);
    changes.push(reloaded('third'));
    await active.check();
    expect(name()).toBe('third');
  });
});

it('a refused change that is taken back leaves the faults of a file that is in force in its former version', async () => {
  const refused = new SettingsFault([{ path: 'clients.one', message: 'is broken' }], []);
  changes.push(
    { outcome: 'reloaded', loaded: { ...loaded('second'), refused } },
    { outcome: 'refused', fault: new SettingsFault([{ path: 'listen', message: 'is wrong' }], []) },
    { outcome: 'restored' },
    reloaded('third'),
  );
  const seen: unknown[] = [];
  for (let tick = 0; tick < 4; tick++) {
    await active.check();
    seen.push([name(), active.reload, active.faults]);
  }
  expect(seen).toEqual([
    ['second', 'refused', ['clients.one: is broken']],
    ['second', 'refused', ['listen: is wrong']],
    ['second', 'refused', ['clients.one: is broken']],
    ['third', 'ok', []],
  ]);
});
