import { Inject, Injectable } from '@nestjs/common';
import type { Client } from '#tokens/model/client.js';
import { Clock } from '#tokens/model/clock.js';
import { GuardedAuthorizationServer } from '#tokens/upstream.js';
import { BrokerHealth } from '../core/broker-health.js';
import { ConsumerApiDocument } from '../core/openapi-document.js';
import { REPLICA_NAME, VERSION } from '../core/broker-options.js';
import type { ClientState } from '../core/client-health.js';
import { ActiveSettings } from '../core/active-settings.js';
import { CredentialTrials } from '../core/credential-trials.js';
import { TokenStorage } from '../core/store.module.js';

export interface ReadinessReport {
  status: 'ready' | 'stopping';
  parts: {
    settings: 'in force' | 'in force, last change refused';
    tokens: 'in memory' | 'in Redis' | 'in Redis, which refuses writes' | 'in memory, Redis is down';
    clients: Record<string, ClientState['state']>;
  };
}

interface SeenAt {
  name: string;
  /** Unix time in milliseconds. */
  at: number;
}

interface ClientReport {
  name: string;
  state: ClientState['state'];
  reason?: string;
  upstreamError?: string;
  until?: string;
  credential?: number;
  credentialExpiresAt?: string;
  changedCredential?: 'on trial' | 'refused';
  changedCredentialSince?: string;
  budget: { perMinute: number; used: number };
  quotas?: { window: string; limit: number; used: number; usedUpAt?: string }[];
  /** By the authorization server's last response. */
  rateLimit?: { limit?: number; remaining: number; resetsAt?: string };
}

/** The state of this replica, the store, the settings and the clients, for operators. Instants are ISO 8601. */
@Injectable()
export class BrokerStatus {
  /** Those seen when Redis last answered. */
  #others: SeenAt[] = [];

  constructor(
    private readonly clock: Clock,
    @Inject(REPLICA_NAME) private readonly replica: string,
    private readonly storage: TokenStorage,
    private readonly settings: ActiveSettings,
    private readonly upstream: GuardedAuthorizationServer,
    private readonly health: BrokerHealth,
    private readonly trials: CredentialTrials,
    @Inject(VERSION) private readonly version: string,
    private readonly api: ConsumerApiDocument,
  ) {}

  /**
   * Whether this replica should get requests. An authorization server or a Redis that is down is reported, and makes no
   * replica unready: live tokens are served, and no other replica could do better.
   */
  readiness(): ReadinessReport {
    const { settings, health } = this;
    const clients = settings.active.clients.map(
      (client) => [client.name, health.clients.stateOf(client).state] as const,
    );
    return {
      status: health.isStopping ? 'stopping' : 'ready',
      parts: {
        settings: settings.reload === 'ok' ? 'in force' : 'in force, last change refused',
        tokens: storeState(this.storage),
        clients: Object.fromEntries(clients),
      },
    };
  }

  async report() {
    const { clock, replica, storage, settings, health } = this;
    const { clients } = settings.active;
    await health.clients.refresh(clients, this.upstream);
    const { storeChangedAt } = health;
    return {
      replica,
      version: this.version,
      links: this.#links(),
      now: iso(clock.wallTime()),
      store: {
        kind: storage.kind,
        state: storage.state(),
        ...(storeChangedAt !== undefined && { since: iso(storeChangedAt) }),
      },
      settings: {
        state: settings.reload === 'ok' ? 'in force' : 'last change refused',
        since: iso(settings.since),
        ...(settings.faults.length > 0 && { faults: settings.faults }),
      },
      replicas: await this.#replicas(),
      clients: clients.map((client) => this.#client(client)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  #links() {
    const { runbookUrl, dashboardUrl } = this.settings.active.settings.management;
    return {
      consumers: this.api.current.servers[0]!.url,
      runbook: runbookUrl,
      ...(dashboardUrl !== undefined && { dashboard: dashboardUrl }),
    };
  }

  /** This replica is among them, whether Redis knows it or not. While Redis is down, the others are the last known ones. */
  async #replicas(): Promise<{ name: string; lastSeen: string }[]> {
    const { clock, replica, storage } = this;
    const seen = (await storage.replicas()).filter(({ name }) => name !== replica);
    if (storage.state() !== 'down')
      this.#others = seen.map(({ name, ago }) => ({ name, at: clock.wallTime() - ago }));
    return [{ name: replica, at: clock.wallTime() }, ...this.#others]
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, at }) => ({ name, lastSeen: iso(at) }));
  }

  #client(client: Client): ClientReport {
    const { clock, health, storage } = this;
    const { state, failure, until = 0 } = health.clients.stateOf(client);
    const inUse = health.clients.credentialInUse(client);
    const trial = this.trials.all.find((one) => one.client.name === client.name);
    // Of the one in use: that a former one expires is as it should be.
    const expiry = client.options.credentialExpiries?.[(inUse ?? 1) - 1];
    const isRefused = trial?.failure?.reason === 'client_refused';
    return {
      name: client.name,
      state,
      ...(failure && { reason: failure.message }),
      ...(failure?.upstreamError !== undefined && { upstreamError: failure.upstreamError }),
      ...(until > clock.now() && { until: iso(clock.wallTimeOf(until)) }),
      ...(inUse !== undefined && { credential: inUse }),
      ...(expiry !== undefined && { credentialExpiresAt: iso(expiry) }),
      ...(trial && {
        changedCredential: isRefused ? 'refused' : 'on trial',
        changedCredentialSince: iso(clock.wallTimeOf(trial.since)),
      }),
      ...this.#limits(client),
      budget: { perMinute: client.options.maxTokenRequestsPerMinute, used: storage.budget.used(client) },
    };
  }

  #limits(client: Client): Pick<ClientReport, 'quotas' | 'rateLimit'> {
    const { clock, storage, health } = this;
    const at = (instant: number) => iso(clock.wallTimeOf(instant));
    const quotas = storage.budget.quotas(client).map(({ usedUpAt, ...one }) => ({
      ...one,
      ...(usedUpAt !== undefined && { usedUpAt: at(usedUpAt) }),
    }));
    const seen = health.clients.rateLimitOf(client);
    const rateLimit = seen && {
      ...(seen.limit !== undefined && { limit: seen.limit }),
      remaining: seen.remaining,
      ...(seen.resetsIn !== undefined && { resetsAt: at(seen.at + seen.resetsIn) }),
    };
    return { ...(quotas.length > 0 && { quotas }), ...(rateLimit && { rateLimit }) };
  }
}

const storeStates = {
  up: 'in Redis',
  degraded: 'in Redis, which refuses writes',
  down: 'in memory, Redis is down',
} as const;

function storeState({ kind, state }: TokenStorage): ReadinessReport['parts']['tokens'] {
  if (kind === 'memory') return 'in memory';
  return storeStates[state()];
}

function iso(wallTime: number): string {
  return new Date(wallTime).toISOString();
}
