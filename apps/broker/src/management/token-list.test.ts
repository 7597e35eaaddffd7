import { beforeEach, describe, expect, it } from 'vitest';
import { ClientDirectory } from '#tokens/client-directory.js';
import { MemoryRenewalSchedule } from '#tokens/memory/memory-renewal-schedule.js';
import { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { FakeClock } from '#test/fake-clock.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { BrokerHealth } from '../core/broker-health.js';
import { TokenList } from './token-list.js';

const names = Array.from({ length: 450 }, (_, n) => `s${String(n).padStart(3, '0')}`);
const client = someClient({ scopes: ScopeSet.of(names) });

let memory: MemoryTokenStore;
let schedule: MemoryRenewalSchedule;
let list: TokenList;
let clock: FakeClock;
let health: BrokerHealth;
/** Keys of what is being renewed. */
let renewing: Set<string>;

beforeEach(() => {
  clock = new FakeClock();
  memory = new MemoryTokenStore(clock);
  schedule = new MemoryRenewalSchedule(clock);
  health = new BrokerHealth(clock);
  renewing = new Set();
  const renewal = { isRenewing: ({ key }: TokenRequest) => renewing.has(key) };
  const clients = new ClientDirectory();
  clients.replace([client]);
  list = new TokenList(
    memory,
    schedule,
    clients,
    { memory, shared: undefined } as never,
    health,
    renewal as never,
    clock,
  );
});

/** Tokens of this replica, and such as only the schedule knows. */
async function given(cached: number, onlyPlanned: number): Promise<void> {
  for (const [n, name] of names.slice(0, cached + onlyPlanned).entries()) {
    const request = client.request(ScopeSet.of([name]));
    await schedule.plan(request, clock.now() + 1_000);
    if (n < cached) await memory.put(request, someToken(clock.now()));
  }
}

async function pages(limit: number): Promise<number[]> {
  const sizes: number[] = [];
  let after: string | undefined;
  do {
    const page = await list.page({ limit, ...(after !== undefined && { after }) });
    sizes.push(page.tokens.length);
    after = page.next;
  } while (after !== undefined);
  return sizes;
}

describe('pages of tokens', () => {
  it.each([
    [200, 0, [200]],
    [400, 0, [200, 200]],
    [199, 0, [199]],
    [201, 0, [200, 1]],
    [0, 200, [200]],
    [100, 100, [200]],
    [0, 0, [0]],
  ])(
    'are full or the last, and none is empty: %d cached, %d only planned',
    async (cached, planned, sizes) => {
      await given(cached, planned);
      expect(await pages(200)).toEqual(sizes);
    },
  );

  it('hold all that is only planned behind a full page of what is cached', async () => {
    await given(200, 30);
    const sizes = await pages(200);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(230);
    expect(sizes).not.toContain(0);
  });

  it('lists only what was renewed, has failed or is being renewed since an instant', async () => {
    await given(10, 10);
    clock.advance(60_000);
    const changedSince = new Date(clock.wallTime()).toISOString();
    clock.advance(1);
    const [renewed, failed, running] = names.slice(0, 3).map((name) => client.request(ScopeSet.of([name])));
    await memory.put(renewed!, someToken(clock.now()));
    const failure = new UpstreamFailure('unavailable', 'down');
    health.emit({ type: 'renewal_failed', request: failed!, trigger: 'schedule', failure });
    renewing.add(running!.key);
    const { tokens, next } = await list.page({ limit: 100, changedSince });
    expect(tokens.map(({ request }) => String(request.scopes))).toEqual(['s000', 's001', 's002']);
    expect(next).toBeUndefined();
  });
});
