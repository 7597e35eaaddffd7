import { beforeEach, describe, expect, it } from 'vitest';
import type { CooldownStore, CooldownTarget } from '#tokens/ports/cooldown-store.js';
import { UpstreamFailure } from '#tokens/model/failures.js';

interface Subject {
  cooldowns: CooldownStore;
  pass(milliseconds: number): Promise<void> | void;
}

const client: CooldownTarget = { scope: 'client', client: 'c' };
const request: CooldownTarget = { scope: 'request', client: 'c', name: 'r' };
const credential: CooldownTarget = { scope: 'credential', client: 'c', name: 'v1' };
const requestOf = (name: string): CooldownTarget & { name: string } => ({
  scope: 'request',
  client: 'c',
  name: name.padEnd(43, '-'),
});
const failure = new UpstreamFailure('unavailable', 'down', { upstreamError: 'server_error' });
const doubling = (failures: number) => 1_000 * 2 ** (failures - 1);

/** What every CooldownStore promises. */
export function describeCooldownStore(name: string, make: () => Promise<Subject> | Subject): void {
  describe(`${name} as a CooldownStore`, () => {
    let subject: Subject;
    beforeEach(async () => {
      subject = await make();
    });

    it('admits all that have not failed', async () => {
      for (let times = 0; times < 3; times++) {
        expect(await subject.cooldowns.admit([client, request], 10_000)).toBeUndefined();
      }
    });

    it('holds back with the failure that began it, until it is over', async () => {
      const { cooldowns, pass } = subject;
      await cooldowns.failed(client, failure, doubling);
      const cooldown = await cooldowns.admit([request, client], 10_000);
      expect(cooldown?.target).toEqual(client);
      expect(cooldown?.failure).toMatchObject({ reason: 'unavailable', message: 'down' });
      expect(cooldown?.failure.upstreamError).toBe('server_error');
      expect(cooldown?.remaining).toBeGreaterThan(0);
      expect(cooldown?.remaining).toBeLessThanOrEqual(1_000);
      await pass(1_000);
      expect(await cooldowns.admit([client], 10_000)).toBeUndefined();
    });

    it('tells who has failed and not succeeded since, and lets nobody through by that', async () => {
      const { cooldowns, pass } = subject;
      expect(await cooldowns.look([client, request])).toEqual([]);
      await cooldowns.failed(client, failure, doubling);
      const [told, ...others] = await cooldowns.look([request, client]);
      expect(others).toEqual([]);
      expect(told).toMatchObject({ target: client, failure: { reason: 'unavailable', message: 'down' } });
      expect(told!.remaining).toBeGreaterThan(0);
      await pass(1_000);
      expect((await cooldowns.look([client]))[0]!.remaining).toBeLessThanOrEqual(0);
      expect(await cooldowns.admit([client], 10_000)).toBeUndefined();
      await cooldowns.succeeded([client]);
      expect(await cooldowns.look([client])).toEqual([]);
    });

    it('admits one alone after a cool-down, until it reports or its time is up', async () => {
      const { cooldowns, pass } = subject;
      await cooldowns.failed(client, failure, doubling);
      await pass(1_000);
      const admitted = await Promise.all([1, 2, 3].map(() => cooldowns.admit([client], 10_000)));
      expect(admitted.filter((cooldown) => cooldown === undefined)).toHaveLength(1);
      await pass(10_000);
      expect(await cooldowns.admit([client], 10_000)).toBeUndefined();
      await cooldowns.succeeded([client]);
      expect(await cooldowns.admit([client], 10_000)).toBeUndefined();
      expect(await cooldowns.admit([client], 10_000)).toBeUndefined();
    });

    it('says to ask again after a second while an attempt is under way, however long that may take', async () => {
      const { cooldowns, pass } = subject;
      await cooldowns.failed(client, failure, doubling);
      await pass(1_000);
      expect(await cooldowns.admit([client], 11_000)).toBeUndefined();
      expect((await cooldowns.admit([client], 11_000))?.remaining).toBeLessThanOrEqual(1_000);
      await pass(10_500);
      expect((await cooldowns.admit([client], 11_000))?.remaining).toBeLessThanOrEqual(500);
    });

    it.each([client, credential])(
      'alternates the attempts after a cool-down between the requests that wait (%j)',
      async (target) => {
        const { cooldowns, pass } = subject;
        const ask = (one: string) => cooldowns.admit([requestOf(one), target], 10_000);
        const fail = (one: string) =>
          cooldowns.failed(target, failure, () => 1_000, { key: requestOf(one).name });
        await fail('polled');
        expect(await ask('new')).toBeDefined();
        expect(await ask('newer')).toBeDefined();
        await pass(1_000);
        expect((await ask('polled'))?.remaining).toBeLessThanOrEqual(2_000);
        expect(await ask('newer')).toBeUndefined();
        await fail('newer');
        expect(await ask('polled')).toBeDefined();
        expect(await ask('new')).toBeDefined();
        await pass(1_000);
        expect(await ask('newer')).toBeDefined();
        expect(await ask('polled')).toBeDefined();
        expect(await ask('new')).toBeUndefined();
        await fail('new');
        expect(await ask('newer')).toBeDefined();
        expect(await ask('polled')).toBeDefined();
        await pass(1_000);
        expect(await ask('newer')).toBeDefined();
        expect(await ask('polled')).toBeUndefined();
      },
    );

    it('keeps no turn for a request that does not come, or when no other has asked', async () => {
      const { cooldowns, pass } = subject;
      const ask = (one: string) => cooldowns.admit([requestOf(one), client], 10_000);
      await cooldowns.failed(client, failure, () => 1_000, { key: requestOf('polled').name });
      await pass(1_000);
      expect(await ask('polled')).toBeUndefined();
      await cooldowns.failed(client, failure, () => 1_000, { key: requestOf('polled').name });
      expect(await ask('another')).toBeDefined();
      await pass(1_000);
      expect(await ask('polled')).toBeDefined();
      await pass(2_000);
      expect(await ask('polled')).toBeUndefined();
    });

    it('counts failures in a row, and those that come while it cools down as one', async () => {
      const { cooldowns, pass } = subject;
      expect(await cooldowns.failed(client, failure, doubling)).toBe(1_000);
      expect(await cooldowns.failed(client, failure, doubling)).toBe(1_000);
      await pass(1_000);
      await cooldowns.admit([client], 10_000);
      expect(await cooldowns.failed(client, failure, doubling)).toBe(2_000);
      await cooldowns.succeeded([client]);
      expect(await cooldowns.failed(client, failure, doubling)).toBe(1_000);
    });

    it('is not shortened by a failure that comes while it cools down', async () => {
      const { cooldowns } = subject;
      await cooldowns.failed(client, failure, () => 60_000);
      expect(await cooldowns.failed(client, failure, () => 1_000)).toBeGreaterThan(59_000);
    });

    it('forgets refused requests, and nothing else, when the settings change', async () => {
      const { cooldowns } = subject;
      await cooldowns.failed(client, failure, doubling);
      await cooldowns.failed(request, failure, doubling);
      await cooldowns.forgetRequests();
      expect(await cooldowns.admit([request], 10_000)).toBeUndefined();
      expect(await cooldowns.admit([client], 10_000)).toBeDefined();
    });
  });
}
