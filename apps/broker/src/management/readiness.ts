import type { CooldownMetrics } from '#metrics/cooldown-metrics.js';
import type { LiveSettings } from '../live-settings.js';

export interface ReadinessReport {
  status: 'ready' | 'stopping';
  parts: {
    settings: 'in force' | 'in force, last change refused';
    tokens: 'in memory';
    clients: Record<string, 'fine' | 'cooling down'>;
  };
}

/**
 * Whether this replica should get requests. An authorization server that is down or refuses us is told, and makes no
 * replica unready: tokens that live are served, and no other replica could do better.
 */
export class Readiness {
  #stopping = false;

  constructor(
    private readonly settings: LiveSettings,
    private readonly cooldowns: CooldownMetrics,
  ) {}

  /** From now on requests should go to other replicas. */
  stop(): void {
    this.#stopping = true;
  }

  report(): ReadinessReport {
    const clients = this.settings.current.clients.map(
      ({ name }) => [name, this.cooldowns.isActive(name) ? 'cooling down' : 'fine'] as const,
    );
    return {
      status: this.#stopping ? 'stopping' : 'ready',
      parts: {
        settings: this.settings.reload === 'ok' ? 'in force' : 'in force, last change refused',
        tokens: 'in memory',
        clients: Object.fromEntries(clients),
      },
    };
  }
}
