import type { BrokerParts } from '../core/composition.js';
import type { Keeping } from '../core/keeping.js';
import type { ClientState } from './client-states.js';

export interface ReadinessReport {
  status: 'ready' | 'stopping';
  parts: {
    settings: 'in force' | 'in force, last change refused';
    tokens: 'in memory' | 'in Redis' | 'in memory, Redis is down';
    clients: Record<string, ClientState['state']>;
  };
}

/**
 * Whether this replica should get requests. An authorization server or a Redis that is down is told, and makes no
 * replica unready: tokens that live are served, and no other replica could do better.
 */
export class Readiness {
  #stopping = false;

  constructor(private readonly parts: Pick<BrokerParts, 'settings' | 'clientStates' | 'keeping'>) {}

  /** From now on requests should go to other replicas. */
  stop(): void {
    this.#stopping = true;
  }

  report(): ReadinessReport {
    const { settings, clientStates, keeping } = this.parts;
    const clients = settings.active.clients.map(
      (client) => [client.name, clientStates.stateOf(client).state] as const,
    );
    return {
      status: this.#stopping ? 'stopping' : 'ready',
      parts: {
        settings: settings.reload === 'ok' ? 'in force' : 'in force, last change refused',
        tokens: whereTokensAre(keeping),
        clients: Object.fromEntries(clients),
      },
    };
  }
}

function whereTokensAre({ kind, isUp }: Keeping): ReadinessReport['parts']['tokens'] {
  if (kind === 'memory') return 'in memory';
  return isUp() ? 'in Redis' : 'in memory, Redis is down';
}
