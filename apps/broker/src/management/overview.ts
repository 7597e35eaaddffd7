import type { Clock } from '#tokens/model/clock.js';
import type { Client } from '#tokens/model/client.js';
import type { GuardedAuthorizationServer } from '#tokens/guarded-authorization-server.js';
import type { Keeping } from '../core/keeping.js';
import type { ActiveSettings } from '../core/active-settings.js';
import type { ClientState, ClientStates } from './client-states.js';
import type { StoreWatch } from './store-watch.js';

export interface OverviewParts {
  clock: Clock;
  replica: string;
  keeping: Keeping;
  settings: ActiveSettings;
  upstream: GuardedAuthorizationServer;
  clientStates: ClientStates;
  storeWatch: StoreWatch;
}

interface ClientReport {
  name: string;
  state: ClientState['state'];
  reason?: string;
  upstreamError?: string;
  until?: string;
  credential?: number;
  budget: { perMinute: number; used: number };
}

/** How this replica, the store, the settings and the clients are. Instants are ISO 8601 by this replica's clock. */
export class Overview {
  constructor(private readonly parts: OverviewParts) {}

  async report() {
    const { clock, replica, keeping, settings, storeWatch } = this.parts;
    const { clients } = settings.active;
    await Promise.all(clients.map((client) => this.#learn(client)));
    return {
      replica,
      now: iso(clock.wallTime()),
      store: {
        kind: keeping.kind,
        state: keeping.isUp() ? 'up' : 'down',
        ...(storeWatch.since !== undefined && { since: iso(storeWatch.since) }),
      },
      settings: {
        state: settings.reload === 'ok' ? 'in force' : 'last change refused',
        since: iso(settings.since),
      },
      replicas: await this.#replicas(),
      clients: clients.map((client) => this.#client(client)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  /** This replica may not have been told what the others have learnt of clients that fail. */
  async learnOfFailing(): Promise<void> {
    const { settings, clientStates } = this.parts;
    const failing = settings.active.clients.filter((client) => clientStates.stateOf(client).state !== 'fine');
    await Promise.all(failing.map((client) => this.#learn(client)));
  }

  /** While Redis is down, what this replica has heard itself stands. */
  async #learn(client: Client): Promise<void> {
    const found = await this.parts.upstream.cooldowns(client).catch(() => undefined);
    if (found !== undefined) this.parts.clientStates.learn(client, found);
  }

  /** This one is there, whether Redis says so or not. */
  async #replicas(): Promise<{ name: string; lastSeen: string }[]> {
    const { clock, replica, keeping } = this.parts;
    const others = (await keeping.replicas()).filter(({ name }) => name !== replica);
    return [{ name: replica, ago: 0 }, ...others]
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, ago }) => ({ name, lastSeen: iso(clock.wallTime() - ago) }));
  }

  #client(client: Client): ClientReport {
    const { clock, clientStates, keeping } = this.parts;
    const { state, failure, until = 0 } = clientStates.stateOf(client);
    const wait = until - clock.now();
    const inUse = clientStates.credentialInUse(client);
    return {
      name: client.name,
      state,
      ...(failure && { reason: failure.message }),
      ...(failure?.upstreamError !== undefined && { upstreamError: failure.upstreamError }),
      ...(wait > 0 && { until: iso(clock.wallTime() + wait) }),
      ...(inUse !== undefined && { credential: inUse }),
      budget: { perMinute: client.options.maxTokenRequestsPerMinute, used: keeping.budget.used(client) },
    };
  }
}

function iso(wallTime: number): string {
  return new Date(wallTime).toISOString();
}
