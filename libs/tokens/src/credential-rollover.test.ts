import { expect, it } from 'vitest';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { carryOver } from './credential-rollover.js';
import { ClientDirectory } from './client-directory.js';
import { MemoryRenewalSchedule } from './memory/memory-renewal-schedule.js';
import { MemoryTokenStore } from './memory/memory-token-store.js';
import { ScopeSet } from './model/scope-set.js';
import { FakeClock } from '#test/fake-clock.js';

const scopes = Array.from({ length: 40 }, (_, n) => `scope-${n}`);
const of = (credentials: string[], options = {}) =>
  someClient({ credentials, scopes: ScopeSet.of(scopes), ...options });

function cachedFor(credentials: string[]) {
  const clock = new FakeClock();
  const memory = new MemoryTokenStore(clock);
  const schedule = new MemoryRenewalSchedule(clock);
  const requests = scopes.map((scope) => of(credentials).request(ScopeSet.of([scope])));
  for (const request of requests) {
    const token = someToken(clock.now());
    memory.put(request, token);
    schedule.noteDemand(request, token.renewAt);
  }
  const clients = new ClientDirectory();
  const change = (options = {}) => {
    clients.replace([of(['new'], options)]);
    carryOver(memory, schedule, clients, clock.now());
    return requests.map(({ scopes: wanted }) => clients.request('rabot', wanted, [])!);
  };
  return { clock, memory, schedule, requests, change };
}

it('serves the tokens of the former credential under the new one, and renews each within 10 s, spread evenly', async () => {
  const { clock, memory, schedule, change } = cachedFor(['old']);
  const succeeding = change();
  const renewals = succeeding.map((request) => memory.get(request)!.renewAt - clock.now());
  const planned = await schedule.plannedAt(succeeding);
  expect(planned.map((at) => at! - clock.now())).toEqual(renewals);
  expect(Math.max(...renewals)).toBeLessThanOrEqual(10_000);
  expect(new Set(renewals.map((delay) => Math.floor(delay / 1_000))).size).toBeGreaterThan(6);
});

it('plans no renewal of a token that is not in use', async () => {
  const { schedule, requests, change } = cachedFor(['old']);
  await schedule.forget(requests[0]!);
  expect((await schedule.plannedAt(change()))[0]).toBeUndefined();
});

it.each([
  { authorizationServer: 'https://other.example/connect/token' },
  { clientId: 'client-2' },
  { parameters: { audience: 'test' } },
  { connection: 'another-authority' },
])('shares nothing where another thing has changed besides: %j', (options) => {
  const { memory, change } = cachedFor(['old']);
  expect(change(options).filter((request) => memory.get(request) !== undefined)).toEqual([]);
});
