import type { AuthorizationServer } from '#tokens/ports/authorization-server.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import type { Client } from '#tokens/model/client.js';
import type { Random } from '#tokens/model/clock.js';
import type { CooldownStore } from '#tokens/ports/cooldown-store.js';
import { GuardedAuthorizationServer } from '#tokens/upstream.js';
import { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { RenewalSweep } from '#tokens/renewal-sweep.js';
import { TokenBroker } from '#tokens/token-broker.js';
import { TokenCache } from '#tokens/token-cache.js';
import { TokenRenewal } from '#tokens/token-renewal.js';
import type { SimulatedRedis } from './simulated-redis.js';
import { ReplicaPorts } from './replica-ports.js';
import type { VirtualTime } from './virtual-time.js';

export interface Surroundings {
  time: VirtualTime;
  redis: SimulatedRedis;
  client: Client;
  authorizationServer: AuthorizationServer;
  cooldowns: CooldownStore;
  chance: Random;
}

/** The broker's own workers, as they are, on simulated ports. */
export class SimulatedReplica {
  readonly broker: TokenBroker;
  readonly ports: ReplicaPorts;
  readonly #clients = new ClientDirectory();
  readonly #memory: MemoryTokenStore;
  readonly #sweep: RenewalSweep;

  constructor({ time, redis, client, authorizationServer, cooldowns, chance }: Surroundings) {
    const events = { emit: () => {} };
    const memory = new MemoryTokenStore(time, { max: 100, maxSize: 1_000_000 });
    this.#memory = memory;
    this.ports = new ReplicaPorts(redis, memory, time, chance);
    const { store, lock, schedule } = this.ports;
    const cache = new TokenCache(memory, store, time, events, this.ports);
    const budget = new MemoryTokenRequestBudget(time);
    const upstream = new GuardedAuthorizationServer(
      { authorizationServer, cooldowns, budget },
      events,
      chance,
    );
    const renewal = new TokenRenewal({ cache, lock, schedule, upstream }, events, time, chance);
    this.broker = new TokenBroker(cache, renewal, schedule, time, cooldowns, events);
    this.#sweep = new RenewalSweep({ schedule, broker: this.broker, clients: this.#clients }, events, time);
    this.takeOver(client);
    time.after(chance() * 1_000, () => this.#tick(time));
  }

  /** The settings have changed: this is the client from now on. */
  takeOver(client: Client): void {
    this.#clients.replace([client]);
    this.#memory.retain((request) => this.#clients.current(request) !== undefined);
  }

  #tick(time: VirtualTime): void {
    if (this.ports.isCrashed) return;
    void this.#sweep.sweep();
    time.after(1_000, () => this.#tick(time));
  }
}
