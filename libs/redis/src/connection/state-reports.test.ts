import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { type StateReport, StateReports } from './state-reports.js';

let clock: FakeClock;
let reported: StateReport[];
let reports: StateReports;

beforeEach(() => {
  clock = new FakeClock();
  reported = [];
  reports = new StateReports(clock, (report) => reported.push(report));
});

const states = () => reported.map(({ state, reason, changes }) => [state, reason, changes]);

describe('the reports of the state of Redis', () => {
  it.each(['ECONNREFUSED', 'ENOTFOUND', 'LOADING'])(
    'do not say that a Redis is down which starts beside the broker (%s)',
    (reason) => {
      reports.note('down', reason);
      reports.note('up');
      reports.started();
      expect(states()).toEqual([]);
      reports.note('down', reason);
      expect(states()).toEqual([['down', reason, 1]]);
    },
  );

  it('say after the grace of the start what is still wrong, once', () => {
    reports.note('down', 'ECONNREFUSED');
    reports.note('up');
    reports.note('down', 'timeout');
    reports.started();
    reports.started();
    expect(states()).toEqual([['down', 'timeout', 1]]);
  });

  it('say nothing of what failed before all connections stood, nor of its end', () => {
    reports.note('down', 'disconnected');
    reports.started(true);
    reports.note('up');
    expect(states()).toEqual([]);
    reports.note('down', 'disconnected');
    expect(states()).toEqual([['down', 'disconnected', 1]]);
  });

  it('say after the grace of the start that what was wrong has been mended', () => {
    reports.note('down', 'WRONGPASS');
    reports.note('up');
    expect(states()).toHaveLength(1);
    reports.started(true);
    expect(states().map(([state]) => state)).toEqual(['down', 'up']);
  });

  it.each([
    ['degraded', 'NOPERM'],
    ['down', 'WRONGPASS'],
    ['down', 'DENIED'],
  ] as const)('say at once what the start does not mend (%s, %s)', (state, reason) => {
    reports.note(state, reason);
    expect(states()).toEqual([[state, reason, 1]]);
  });

  it('are one a minute, with a count, of a state that flaps', () => {
    reports.started();
    for (let n = 0; n < 20; n++) reports.note(n % 2 === 0 ? 'down' : 'up', 'timeout');
    expect(states()).toHaveLength(2);
    clock.advance(60_000);
    expect(states()[2]).toEqual(['up', 'timeout', 18]);
  });

  it('give the reason for which it takes no connection, which is known only later, once', () => {
    reports.started();
    reports.note('down', 'disconnected');
    reports.connectFailed('ECONNREFUSED');
    reports.connectFailed('NOAUTH');
    reports.connectFailed('NOAUTH');
    reports.note('up');
    reports.connectFailed('NOAUTH');
    expect(states()).toEqual([
      ['down', 'disconnected', 1],
      ['down', 'NOAUTH', 1],
    ]);
  });

  it.each([true, false])('give it at once during the start (known before the state: %s)', (isBefore) => {
    if (isBefore) reports.connectFailed('WRONGPASS');
    reports.note('down', 'disconnected');
    if (!isBefore) reports.connectFailed('WRONGPASS');
    expect(states()).toEqual([['down', 'WRONGPASS', 1]]);
  });
});
