import type { BrokerParts } from '../composition.js';
import type { Keeping } from '../keeping.js';

export interface ReadinessReport {
  status: 'ready' | 'stopping';
  parts: {
    settings: 'in force' | 'in force, last change refused';
    tokens: ReturnType<Keeping['state']>;
    clients: Record<string, 'fine' | 'cooling down'>;
  };
}

/**
 * Whether this replica should get requests. An authorization server or a Redis that is down is told, and makes no
 * replica unready: tokens that live are served, and no other replica could do better.
 */
export class Readiness {
  #stopping = false;

  constructor(private readonly parts: Pick<BrokerParts, 'settings' | 'cooldownMetrics' | 'keeping'>) {}

  /** From now on requests should go to other replicas. */
  stop(): void {
    this.#stopping = true;
  }

  report(): ReadinessReport {
    const { settings, cooldownMetrics, keeping } = this.parts;
    const clients = settings.current.clients.map(
      ({ name }) => [name, cooldownMetrics.isActive(name) ? 'cooling down' : 'fine'] as const,
    );
    return {
      status: this.#stopping ? 'stopping' : 'ready',
      parts: {
        settings: settings.reload === 'ok' ? 'in force' : 'in force, last change refused',
        tokens: keeping.state(),
        clients: Object.fromEntries(clients),
      },
    };
  }
}
