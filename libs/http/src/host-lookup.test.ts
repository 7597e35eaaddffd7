import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { HostLookup } from './host-lookup.js';

const here: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }];
const there: LookupAddress[] = [{ address: '127.0.0.2', family: 4 }];

/** The system's look-ups hang for `hang.*` until they are released; the name servers know `direct.example` only. */
function setUp() {
  const hanging = Promise.withResolvers<LookupAddress[]>();
  const late = Promise.withResolvers<void>();
  const time = { now: 0 };
  const system: string[] = [];
  const answers = new Map<string, Promise<LookupAddress[]>>();
  const lookups = new HostLookup(
    (hostname) => {
      system.push(hostname);
      const given = answers.get(hostname);
      if (given !== undefined) return given;
      return hostname.startsWith('hang') ? hanging.promise : Promise.resolve(here);
    },
    async (hostname) => {
      if (hostname === 'direct.example') return there;
      throw new Error('no such name');
    },
    () => time.now,
    () => late.promise,
  );
  return {
    lookups,
    system,
    answers,
    time,
    release: () => hanging.resolve(here),
    beLate: () => late.resolve(),
  };
}

/** Two hosts of whom no name server says anything. */
function hang(lookups: HostLookup): void {
  void lookups.resolve('hang.one');
  void lookups.resolve('hang.two');
}

describe('host look-ups', () => {
  it('run once for all who ask for a host at a time, and are fresh for two seconds', async () => {
    const { lookups, system, time } = setUp();
    await Promise.all(Array.from({ length: 50 }, () => lookups.resolve('a.example')));
    time.now = 1_999;
    await lookups.resolve('a.example');
    expect(system).toEqual(['a.example']);
    time.now = 2_000;
    await lookups.resolve('a.example');
    expect(system).toHaveLength(2);
  });

  it('that hang hold up no host whose addresses are known', async () => {
    const { lookups, time } = setUp();
    await lookups.resolve('a.example');
    hang(lookups);
    time.now = 3_600_000;
    expect(await lookups.resolve('a.example')).toEqual(here);
  });

  it('that hang hold up no host that the name servers know', async () => {
    const { lookups } = setUp();
    hang(lookups);
    expect(await lookups.resolve('direct.example')).toEqual(there);
  });

  it('that hang for a second are not waited for where addresses are known', async () => {
    const { lookups, answers, time, beLate } = setUp();
    await lookups.resolve('a.example');
    answers.set('a.example', new Promise(() => {}));
    time.now = 3_600_000;
    const asked = lookups.resolve('a.example');
    beLate();
    expect(await asked).toEqual(here);
  });

  it.each([
    ['EAI_AGAIN', here],
    ['EAI_FAIL', here],
    ['ENOTFOUND', 'ENOTFOUND'],
  ])('that fail by %s give %j where addresses are known', async (code, expected) => {
    const { lookups, answers, time } = setUp();
    await lookups.resolve('a.example');
    answers.set('a.example', Promise.reject(Object.assign(new Error('failed'), { code })));
    time.now = 3_600_000;
    const answer = await lookups.resolve('a.example').catch((error: NodeJS.ErrnoException) => error.code);
    expect(answer).toEqual(expected);
  });

  it('take two threads at most, however many hosts hang', async () => {
    const { lookups, system, release } = setUp();
    for (let n = 0; n < 20; n += 1) void lookups.resolve(`hang.${n}`);
    const last = lookups.resolve('hosts-file.example');
    await new Promise((resolve) => setImmediate(resolve));
    expect(system).toHaveLength(2);
    release();
    expect(await last).toEqual(here);
  });

  it('of addresses wait for nothing', async () => {
    const { lookups, system } = setUp();
    hang(lookups);
    expect(await lookups.resolve('127.0.0.1')).toEqual(here);
    expect(await lookups.resolve('::1')).toEqual([{ address: '::1', family: 6 }]);
    expect(system).toHaveLength(2);
  });

  it('give net.connect the family that it asks for', async () => {
    const { lookups } = setUp();
    const ask = (family: number) =>
      new Promise((resolve) => {
        lookups.lookup('a.example', { family }, (error, address) => resolve(error?.code ?? address));
      });
    expect(await ask(4)).toBe('127.0.0.1');
    expect(await ask(6)).toBe('ENOTFOUND');
  });
});
