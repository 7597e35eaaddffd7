import type { AuthorizationServer } from '#tokens/ports/authorization-server.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import type { Client } from '#tokens/model/client.js';
import { GuardedAuthorizationServer } from '#tokens/upstream.js';
import type { CooldownStore } from '#tokens/ports/cooldown-store.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { MemoryRenewalSchedule } from '#tokens/memory/memory-renewal-schedule.js';
import { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { type RenewalLock, LocalRenewalLock } from '#tokens/ports/renewal-lock.js';
import { RenewalSweep } from '#tokens/renewal-sweep.js';
import { TokenBroker } from '#tokens/token-broker.js';
import { TokenCache } from '#tokens/token-cache.js';
import { type TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';
import type { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import { TokenRenewal } from '#tokens/token-renewal.js';
import type { TokenStore } from '#tokens/ports/token-store.js';
import { FakeClock } from './fake-clock.js';
import { ScriptedAuthorizationServer } from './scripted-authorization-server.js';
import { someClient } from './the.js';

export class RecordedEvents extends TokenEvents {
  readonly all: TokenEvent[] = [];

  emit(event: TokenEvent): void {
    this.all.push(event);
  }

  of<T extends TokenEvent['type']>(type: T): Extract<TokenEvent, { type: T }>[] {
    return this.all.filter((event) => event.type === type) as Extract<TokenEvent, { type: T }>[];
  }
}

export interface SomeBrokerOptions {
  client?: Client;
  lock?: RenewalLock;
  /** Shared with other replicas. */
  shared?: TokenStore;
  chance?: () => number;
  authorizationServer?: AuthorizationServer;
  clock?: FakeClock;
  budget?: TokenRequestBudget;
  /** Those of other replicas too. */
  schedule?: MemoryRenewalSchedule;
  cooldowns?: CooldownStore;
}

/** The workers wired as the broker wires them, on a clock that stands still and a scripted authorization server. */
export function someBroker(options: SomeBrokerOptions = {}) {
  const clock = options.clock ?? new FakeClock();
  const events = new RecordedEvents();
  const server = new ScriptedAuthorizationServer(clock);
  const chance = options.chance ?? (() => 0.5);
  const client = options.client ?? someClient();
  const clients = new ClientDirectory();
  clients.replace([client]);

  const memory = new MemoryTokenStore(clock);
  const cache = new TokenCache(memory, options.shared, clock, events);
  const schedule = options.schedule ?? new MemoryRenewalSchedule(clock);
  const cooldowns = options.cooldowns ?? new MemoryCooldownStore(clock);
  const budget = options.budget ?? new MemoryTokenRequestBudget(clock);
  const authorizationServer = options.authorizationServer ?? server;
  const upstream = new GuardedAuthorizationServer({ authorizationServer, cooldowns, budget }, events, chance);
  const lock = options.lock ?? new LocalRenewalLock();
  const renewal = new TokenRenewal({ cache, lock, schedule, upstream }, events, clock, chance);
  const broker = new TokenBroker(cache, renewal, schedule, clock, cooldowns, events);
  const sweep = new RenewalSweep({ schedule, broker, clients }, events, clock);

  /** Moves the clock in steps of a second at the most, sweeping at each, as the running broker does. */
  async function pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 1_000) {
      clock.advance(Math.min(left, 1_000));
      await sweep.sweep();
      await sweep.settled();
    }
  }

  return {
    clock,
    events,
    server,
    client,
    clients,
    memory,
    cache,
    schedule,
    cooldowns,
    renewal,
    broker,
    sweep,
    pass,
  };
}
